#!/bin/sh
# Makes one pinned environment for each library that we are compared with:
#     benchmarks/peers/make.sh FOLDER
# needs uv (https://docs.astral.sh/uv/). Then: python -m benchmarks --peers FOLDER
set -eu
folder=${1:?usage: make.sh FOLDER}

make() {
    name=$1
    shift
    [ -x "$folder/$name/bin/python" ] || uv venv --quiet --python 3.11 "$folder/$name"
    uv pip install --quiet --python "$folder/$name/bin/python" tensorflow==2.21.0 "$@"
}

# These two are at their best with the Keras that they were written for.
make tf_explain tf_keras==2.21.0 tf-explain==0.3.1 opencv-python-headless==4.11.0.86
make tf_keras_vis tf_keras==2.21.0 tf-keras-vis==0.8.7 "scipy<1.15" imageio
make lime keras==3.15.1 lime==0.2.0.1
# Xplique asks for an older TensorFlow with CUDA, which it does not need for Grad-CAM.
make xplique keras==3.15.1 scikit-learn==1.7.2 scikit-image==0.25.2 matplotlib \
    opencv-python-headless==4.11.0.86 tf_keras==2.21.0 deprecated einops dm-tree decorator cloudpickle
uv pip install --quiet --python "$folder/xplique/bin/python" --no-deps xplique==2.0.2 \
    tensorflow-probability==0.25.0
