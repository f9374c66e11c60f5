#!/bin/sh
# Makes the environment, trains DIET and evaluates it; what is there already is used again.
set -eu
cd "$(dirname "$0")/../.."
out=results/stock_rasa
epochs=${EPOCHS:-15}
export RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3
mkdir -p "$out"
if [ ! -x "$out/venv/bin/rasa" ]; then
  "${PYTHON:-python3.10}" -m venv "$out/venv"
  "$out/venv/bin/pip" install --quiet rasa==3.6.21
fi
model="$out/models/stock-$epochs.tar.gz"
if [ ! -f "$model" ]; then
  sed "s/epochs: 15/epochs: $epochs/" bench/stock_rasa/config.yml > "$out/config.yml"
  "$out/venv/bin/rasa" train nlu --config "$out/config.yml" --nlu data/nlu --out "$out/models" \
    --fixed-model-name "stock-$epochs"
fi
"$out/venv/bin/python" bench/stock_rasa/evaluate.py "$model" tests/voices/validation "$out/stock.json"
