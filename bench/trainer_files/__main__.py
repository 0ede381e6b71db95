"""`python -m bench.trainer_files [--quick] [--peers] [--large]`: tokens, placement and the whole command."""

from __future__ import annotations

import argparse

from bench.shared_folder import require_data
from bench.trainer_files.command import measure_command
from bench.trainer_files.placing import measure_placement
from bench.trainer_files.tokenising import measure_identity, measure_speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument(
        "--peers", action="store_true", help="TRL and datatrove too (environments of 6 GB)"
    )
    parser.add_argument("--large", action="store_true", help="with one document of 50 MB")
    arguments = parser.parse_args()
    require_data()
    share = 10 if arguments.quick else 1
    measure_placement(1_000_000 // share, peers=arguments.peers)
    measure_speed(30_000_000 // share)
    measure_identity(20_000 // share)
    large = 50_000_000 if arguments.large else 0
    measure_command(60_000_000 // share, peers=arguments.peers, large_bytes=large)


if __name__ == "__main__":
    main()
