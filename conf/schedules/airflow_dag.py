"""An Airflow DAG: one run a week by the command itself, which is idempotent and waits."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

COMMAND = (
    "corpusmill submit emr-serverless s3://example-crawl/{{ ds }}/ s3://example-output/{{ ds }} "
    "--code s3://example-code --application 00example "
    "--role arn:aws:iam::123456789012:role/corpusmill --logs s3://example-output/logs "
    "--run-id {{ ds }}-{{ ti.try_number }} --deadline-hours 24"
)

with DAG(
    "corpusmill",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # a second driver would be refused the same OUTPUT
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
):
    BashOperator(task_id="run", bash_command=COMMAND, execution_timeout=timedelta(hours=25))
