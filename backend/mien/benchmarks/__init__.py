# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory of the main jobs (`speed.py`, whose `programs.py` run by
`measured_process.py`) and of the service: a backend for the measurement
(`service_process.py`), its clients (`service_client.py`), how fast takes are made (`throughput.py`), and an hour of
mixed load (`soak.py`); of batches in several processes (`batches.py`)."""
