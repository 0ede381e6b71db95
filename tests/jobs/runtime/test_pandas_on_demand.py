import subprocess
import sys

LEFT_OUT = (
    "import sys\n"
    "import pyarrow as pa\n"
    "from jobs.runtime.pandas_on_demand import admit_pandas, leave_out_pandas\n"
    "leave_out_pandas()\n"
    "pa.array(['a'])\n"
    "assert 'pandas' not in sys.modules\n"
)


def run_python(code: str) -> None:
    subprocess.run([sys.executable, "-c", LEFT_OUT + code], check=True, timeout=300)


def test_arrow_still_makes_a_data_frame() -> None:
    run_python(
        "assert pa.table({'a': [1, None]}).to_pandas()['a'].isna().tolist() == [False, True]\n"
    )


def test_a_series_is_known_once_it_was_admitted() -> None:
    run_python(
        "import pandas as pd\n"
        "admit_pandas()\n"
        "assert pa.array(pd.Series([1.0, float('nan')])).null_count == 1\n"
    )


def test_a_command_imports_no_pandas() -> None:
    run_python(
        "from jobs.command_line import command_function\n"
        "command_function('run')\n"
        "assert 'pandas' not in sys.modules\n"
    )


def test_pandas_that_is_there_stays_known() -> None:
    code = (
        "import pandas as pd\n"
        "import pyarrow as pa\n"
        "from jobs.runtime.pandas_on_demand import leave_out_pandas\n"
        "leave_out_pandas()\n"
        "assert pa.array(pd.Series([1.0, float('nan')])).null_count == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
