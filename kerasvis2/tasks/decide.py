"""The rules by which an output is taken for classes, a regression, a label map or a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kerasvis2.tasks.losses import Loss

KINDS = ("classes", "binary", "multilabel", "regression", "mask", "image", "unknown")
WORDS = ("classes", "multilabel", "regression", "mask", "image")  # what a user may say
NORMALISED = "normalised"  # the activation of an output whose rows are normalised to length 1

Answer = tuple[str, str]  # a kind, and the sentence that says why


@dataclass(frozen=True)
class Head:
    """All that the rules look at.

    Attributes:
        units: length of the last axis; 1 without one.
        space: axes between the batch and the units: 0 for one answer an example.
        activation: the bypassed final activation, "softmax", "sigmoid" or "linear"; `NORMALISED`
            of what ends in a `UnitNormalization`, as embeddings do.
        loss: the compiled loss.
        form: the labels' form, see `forms.form_of`.
        named: how many class names there are, 0 without.
        echoes: whether the output has the shape of the input that is drawn.
        from_picture: whether the drawn input is a picture (and not a latent vector or a table).
        first: whether its channels come before its places, which lie as the picture's.
    """

    units: int
    space: int
    activation: str
    loss: Loss
    form: str
    named: int = 0
    echoes: bool = False
    from_picture: bool = False
    first: bool = False

    @property
    def words(self) -> str:
        """The head as the card's sentence names it: "10 softmax units under huber"."""
        where = "" if not self.space else " a place"
        many = "unit" if self.units == 1 else "units"
        return f"{self.units} {self.activation} {many}{where}{self.under}"

    @property
    def under(self) -> str:
        """The loss, as a sentence goes on with it."""
        return f" under {self.loss.name}" if self.loss.name else ""


def by_word(word: str, head: Head) -> Answer | None:
    """What a user's word makes of an output, or None where it cannot be that."""
    why = f"task={word!r} says so ({head.words})"
    if word == "classes":
        if head.space:
            return "mask", why
        return (
            ("binary", f"{why}; the one unit stands for class 1")
            if head.units == 1
            else (word, why)
        )
    if word == "multilabel":
        return None if head.space else (word, why)
    if word == "mask":
        return (word, why) if head.space else None
    if word == "image":
        return (word, why) if head.space > 1 or (not head.space and head.echoes) else None
    return word, why


def decide(head: Head) -> Answer:
    """What an output is, from its shape, activation, loss and labels together."""
    normalised = head.activation == NORMALISED and not head.space
    embeds = head.loss.family == "embedding" or (normalised and head.loss.family != "regression")
    if embeds and not (head.units == 1 and head.activation == "sigmoid"):
        return "unknown", f"{head.words}: a place in an embedding, which names no class"
    if head.activation == NORMALISED:  # a direction, such as a surface's: numbers
        head = replace(head, activation="linear")
    if head.first:
        return "unknown", f"an output with its channels first{head.under}: give it channels last"
    if head.space:
        return _spatial(head)
    return _one_unit(head) if head.units == 1 else _several(head)


def _one_unit(head: Head) -> Answer:
    two = "the unit stands for class 1, its absence for class 0"
    number = head.form in ("values", "shares", "whole", "signs")
    family = head.loss.family
    if head.activation == "softmax":
        return "unknown", f"{head.words}: a softmax over one unit is always 1"
    if head.activation == "sigmoid":
        if number and family not in ("binary", "hinge", "classes"):
            return "regression", f"{head.words}, labels that are not 0 and 1: a number within 0…1"
        return "binary", f"{head.words}: two classes; {two}"
    if family == "binary" or (family == "classes" and not number):
        return "binary", f"{head.words}: two classes; {two}"
    if family == "hinge":
        return "binary", f"{head.words}: two classes by the sign; {two}"
    if head.form == "zero_one" and head.named == 2 and family != "regression":
        return "binary", f"{head.words}, labels 0 and 1, two class names; {two}"
    return "regression", f"{head.words}: a number"


def _several(head: Head) -> Answer:
    family, form = head.loss.family, head.form
    if head.activation == "softmax":
        return "classes", f"{head.words}: one class of {head.units}"
    if head.echoes and head.from_picture and form not in ("one_hot", "index"):
        return "image", f"{head.words}: as many as the picture has values, so a picture"
    least_squares = family == "regression" and head.activation == "linear"
    untold = not family and head.activation == "linear" and form == "index"
    if untold and head.named not in (0, head.units):
        return "unknown", f"{head.words}, but {head.named} class names: no unit is a class"
    if family == "classes" or (form == "index" and not least_squares):
        return "classes", f"{head.words}: one class of {head.units}"
    if family in ("binary", "overlap") or head.activation == "sigmoid":
        if form == "one_hot":
            return "classes", f"{head.words}, each label names exactly one: one class a row"
        if form in ("values", "shares") and family not in ("binary", "overlap"):
            return "regression", f"{head.words}, labels that are not 0 and 1: {head.units} numbers"
        return "multilabel", f"{head.words}: {head.units} answers, each yes or no"
    if family == "regression":
        return "regression", f"{head.words}: {head.units} numbers"
    if form in ("one_hot", "soft"):
        return "classes", f"{head.words}, one-hot labels: one class of {head.units}"
    if form == "many_hot":
        return "multilabel", f"{head.words}, several labels at once: each yes or no"
    if form in ("values", "shares"):
        return "regression", f"{head.words}, labels are numbers: {head.units} numbers"
    if head.named == head.units:
        return "classes", f"{head.words}, a class name for each: one class of {head.units}"
    return "unknown", f"{head.words}, without a loss or labels that say what they are"


def _spatial(head: Head) -> Answer:
    family, form = head.loss.family, head.form
    numbers = ("values", "shares") if head.units > 1 else ("values", "shares", "whole")
    picture = "image" if head.space > 1 else "regression"
    if (head.activation == "softmax" or family == "classes") and head.units > 1:
        return "mask", f"{head.words}: one class of {head.units} at each place"
    if family == "overlap":
        return "mask", f"{head.words}: a label map"
    mapped = head.activation == "sigmoid" and form in ("zero_one", "one_hot", "many_hot")
    if family == "regression" and not mapped:
        return picture, f"{head.words}: numbers at each place"
    if form in numbers:
        return picture, f"{head.words}, labels are numbers: numbers at each place"
    if form != "none":
        if form == "other":
            return "unknown", f"{head.words}, labels of another form"
        return "mask", f"{head.words}, labels name classes: a label map"
    if head.echoes or (head.space > 1 and not head.from_picture):
        return picture, f"{head.words}, no labels, as large as a picture: a picture"
    if family == "binary" or head.activation == "sigmoid":
        return "mask", f"{head.words}: a label map, each unit yes or no"
    if head.space == 2 and head.units in (1, 3):
        return picture, f"{head.words}, no labels: a picture of {head.units} channels"
    return "unknown", f"{head.words}, without a loss or labels that say what they are"


def squash_of(kind: str, head: Head) -> str | None:
    """The function from what stands before the final activation to probabilities.

    A linear output is squashed as its loss does it; where the loss takes probabilities, the output
    is one already.
    """
    if head.activation in ("softmax", "sigmoid"):
        return head.activation
    if kind in ("regression", "image", "unknown") or head.loss.family == "hinge":
        return None
    if head.loss.family and head.loss.from_logits is False:
        return None
    if kind in ("binary", "multilabel") or head.units == 1:
        return "sigmoid"
    return "sigmoid" if head.loss.family in ("binary", "overlap") else "softmax"
