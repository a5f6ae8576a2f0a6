# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of the API against its routes, against a copy, and against a live server by schemathesis."""

import json
import re
from collections.abc import Iterator

import pytest
import schemathesis
import service_fuzz  # noqa: F401  its hook: sounds, and not noise alone
from checkout import SAMPLES
from hypothesis import HealthCheck, settings
from live_backend import Backend, backend
from mien import __version__
from mien.service.http.openapi.document import description
from mien.settings import Settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service_client import Service

COPY = SAMPLES / "openapi.json"
CHECKS = (
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)


def routes(service: Service) -> set[tuple[str, str]]:
    """Without HEAD, which the framework answers wherever GET is, and without the page's, which are not of the API."""
    inner = [route for route in service.http.app.app.routes if route.path.startswith("/v1/")]
    return {(method.lower(), route.path) for route in inner for method in route.methods - {"HEAD"}}


def test_every_route_is_described_and_nothing_else(service: Service) -> None:
    described = {
        (method, path)
        for path, item in description(Settings())["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert described == routes(service)


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    document = description(Settings())
    wanted = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert wanted == set(document["components"]["schemas"])


def test_with_lan_it_requires_a_token() -> None:
    assert description(Settings(lan=True))["security"] == [{"token": []}]
    assert "security" not in description(Settings())


def test_the_description_is_that_of_the_copy() -> None:
    """A change of the API shows here. If it is meant, and old clients go on working:
    python tests/service/http/test_openapi.py; if they do not, it is another API version."""
    assert as_copied() == COPY.read_text("utf-8")


def as_copied() -> str:
    return json.dumps(description(Settings()), indent=1).replace(f'"{__version__}"', '"VERSION"') + "\n"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with backend(tmp_path_factory.mktemp("live")) as running:
        yield running


DESCRIBED = schemathesis.openapi.from_dict(description(Settings()))


@DESCRIBED.parametrize()
@settings(max_examples=15)
def test_every_request_is_answered_as_described(case, live: Backend) -> None:
    case.call_and_validate(base_url=live.url, checks=list(CHECKS), timeout=20)


def test_one_reply_leads_to_the_next_request(live: Backend) -> None:
    """A little of what service_fuzz.py does for as long as one likes."""

    class Workflow(DESCRIBED.as_state_machine()):
        def get_call_kwargs(self, transition: object) -> dict[str, object]:
            return {"base_url": live.url, "timeout": 20}

        def validate_response(self, response, case, **_: object) -> None:
            case.validate_response(response, checks=list(CHECKS))

    Workflow.run(settings=settings(max_examples=5, stateful_step_count=8, suppress_health_check=list(HealthCheck)))


if __name__ == "__main__":
    COPY.write_text(as_copied(), "utf-8")
