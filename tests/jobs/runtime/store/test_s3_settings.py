"""What Spark is told about S3: where it is and who pays, and nothing of who we are."""

import pytest

from jobs.runtime.store import s3_settings


@pytest.fixture(autouse=True)
def _of_spark_with_jars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_settings, "_spark_has_them", lambda: True)
    for name in s3_settings.PASSED_ON:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "PLANTED")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")


def test_aws_itself_needs_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    settings = s3_settings.s3_settings()
    assert settings["spark.hadoop.fs.s3a.endpoint.region"] == "eu-central-1"
    assert settings["spark.executorEnv.AWS_REGION"] == "eu-central-1"
    assert "spark.hadoop.fs.s3a.endpoint" not in settings
    assert not any("planted" in text.lower() for text in [*settings, *settings.values()])


def test_another_store_is_named_to_driver_and_executors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings = s3_settings.s3_settings()
    assert settings["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9"
    assert settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"
    assert settings["spark.hadoop.fs.s3a.path.style.access"] == "true"
    assert settings["spark.executorEnv.AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"


def test_who_pays_is_said_bucket_by_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("requester" in key for key in s3_settings.s3_settings())
    monkeypatch.setenv("CORPUSMILL_REQUESTER_PAYS", "papers, ,books")
    settings = s3_settings.s3_settings()
    agreed = {key for key in settings if "requester.pays" in key}
    assert agreed == {
        f"spark.hadoop.fs.s3a.bucket.{bucket}.requester.pays.enabled"
        for bucket in ("papers", "books")
    }
    assert settings["spark.executorEnv.CORPUSMILL_REQUESTER_PAYS"] == "papers, ,books"
