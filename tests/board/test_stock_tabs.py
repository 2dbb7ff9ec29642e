"""What a real training wrote, in TensorBoard's own Images and Time Series tabs."""

import keras
import pytest
from keras import layers

import kerasvis2 as kv

# Every <img> that has arrived, in whatever shadow tree: [width, height] of its PNG.
IMAGES = """() => {
  const found = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.tagName === "IMG" && node.naturalWidth > 300)
        found.push([node.naturalWidth, node.naturalHeight]);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  return found;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve, digits, digits_probe):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    folder = tmp_path_factory.mktemp("stock")
    monitor = kv.Monitor(folder / "run", digits_probe, [kv.Curves(), kv.GradCAM(), kv.Filters()])
    model.fit(digits.x_train[:64], digits.y_train[:64], epochs=2, verbose=0, callbacks=[monitor])
    server = serve(folder, "--load_fast=true")
    server.wait("data/runs", lambda text: "run/vis" in text)
    return server.url()


@pytest.mark.parametrize("name", ["images", "timeseries"])
def test_the_stock_tabs_show_the_pictures(browser, address, name):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    try:
        page.goto(f"{address}/#{name}")
        page.wait_for_function(f"() => ({IMAGES})().length >= 1", timeout=120_000)
        sizes = page.evaluate(IMAGES)
    finally:
        page.close()
    assert all(520 <= width <= 720 for width, _ in sizes)
