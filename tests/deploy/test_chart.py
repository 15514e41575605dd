"""The Helm chart: what helm, the schemas of Kubernetes and KEDA say of it, and that it fits the
program. The chart of NATS cannot be fetched everywhere: all is rendered without it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.topology import PAGES, TopologySettings, topology
from docr.settings import Settings
from tests.deploy.dockerfile import stages
from tests.deploy.tools import DEPLOY, run, tool

CHART = DEPLOY / "helm" / "distributed-ocr"
ROLES = ("gateway", "ingest", "aggregator", "node")
# As sites differ.
SITES: dict[str, tuple[str, ...]] = {
    "as it comes": (),
    "with all": (
        "keda.enabled=true",
        "broker.credentialsSecret=docr-broker",
        "node.modelsClaim=models",
        "node.engines=8",
        "image.registry=registry.example.com/ocr/",
        "image.pullSecrets={mine}",
        "settings.OCR_LANGUAGE=de",
        "gateway.settings.RATE_JOBS_PER_MINUTE=1000000",
        "gateway.nodeSelector.pool=front",
        "node.tolerations[0].key=ocr,node.tolerations[0].operator=Exists",
        "serviceAccount.annotations.team=ocr",
        "networkPolicy.gatewayFrom[0].namespaceSelector.matchLabels.name=web",
        "networkPolicy.extraEgress[0].ports[0].port=4318",
    ),
    "with a broker of its own": ("nats.enabled=false", "broker.url=nats://broker.example.com:4222"),
}


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("chart") / "distributed-ocr"
    shutil.copytree(CHART, copy)
    about = yaml.safe_load((copy / "Chart.yaml").read_text())
    del about["dependencies"]
    (copy / "Chart.yaml").write_text(yaml.safe_dump(about))
    return copy


@pytest.fixture(scope="module")
def rendered(chart: Path) -> Callable[..., list[dict[str, Any]]]:
    """Objects of a release with `values`, or the reason of a refusal as AssertionError."""

    def render(*values: str, name: str = "ocr") -> list[dict[str, Any]]:
        sets = [part for value in values for part in ("--set", value)]
        done = run(tool("helm"), "template", name, chart, "--namespace", "ocr", *sets)
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.safe_load_all(done.stdout) if each]

    return render


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] == kind]


def deployments(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Pod templates' specs, by role."""
    return {
        each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"]["template"]["spec"]
        for each in of_kind(objects, "Deployment")
    }


def environment(pod: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in pod["containers"][0]["env"]}


def test_helm_finds_no_mistake(chart: Path) -> None:
    done = run(tool("helm"), "lint", "--strict", chart)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("site", SITES)
def test_kubernetes_would_take_all_objects(
    site: str, rendered: Callable[..., list[dict[str, Any]]], tmp_path: Path
) -> None:
    objects = [each for each in rendered(*SITES[site]) if not each["apiVersion"].startswith("keda")]
    (tmp_path / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    for version in ("1.30", "1.37"):
        done = run(
            tool("kubernetes-validate"), "--strict", "-k", version, tmp_path / "objects.yaml"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARN" not in done.stdout + done.stderr


def test_keda_would_take_its_object(
    rendered: Callable[..., list[dict[str, Any]]], tmp_path: Path
) -> None:
    (scaled,) = of_kind(rendered("keda.enabled=true"), "ScaledObject")
    (tmp_path / "scaled.yaml").write_text(yaml.safe_dump(scaled))
    # What the model does not know is not in what it gives back.
    program = (
        "import sys, yaml; from cloudcoil.models.keda.v1alpha1 import ScaledObject as Model\n"
        "text = open(sys.argv[1]).read(); model = Model.model_validate(yaml.safe_load(text))\n"
        "print(yaml.safe_dump(model.model_dump(mode='json', by_alias=True, exclude_unset=True)))"
    )
    done = run(tool("keda-python"), "-W", "ignore", "-c", program, tmp_path / "scaled.yaml")
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["spec"] == scaled["spec"]


def test_pods_are_scaled_by_consumers_that_there_are(
    rendered: Callable[..., list[dict[str, Any]]],
) -> None:
    (scaled,) = of_kind(rendered("keda.enabled=true", "node.engines=3"), "ScaledObject")
    there = {each.name for each in topology(TopologySettings()).consumers if each.stream == PAGES}
    triggers = [each["metadata"] for each in scaled["spec"]["triggers"]]
    assert {each["consumer"] for each in triggers} == {
        "interactive_latin", "bulk_latin", "interactive_han", "bulk_han",
    }  # fmt: skip
    assert {each["consumer"] for each in triggers} <= there
    assert {each["stream"] for each in triggers} == {PAGES}
    assert {each["lagThreshold"] for each in triggers} == {"12"}
    unscaled = of_kind(rendered("keda.enabled=true"), "Deployment")
    assert ["replicas" in each["spec"] for each in unscaled].count(False) == 1


@pytest.mark.parametrize("site", SITES)
def test_pods_are_locked_in_and_told_known_settings(
    site: str, rendered: Callable[..., list[dict[str, Any]]]
) -> None:
    known = {name.upper() for name in Settings.model_fields}
    pods = deployments(rendered(*SITES[site]))
    assert pods.keys() == set(ROLES)
    for role, pod in pods.items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == int(stages()[role].last("USER").split(":")[0])
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["args"] == stages()[role].words("CMD")
        assert environment(pod).keys() <= known
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            command = container[probe].get("exec", {}).get("command", [])
            # The script is that of the image's own health check.
            assert not command or command[:3] == stages()[role].health_check()[:3]


def test_a_node_gets_what_its_engines_need_and_time_to_finish(
    rendered: Callable[..., list[dict[str, Any]]],
) -> None:
    pod = deployments(rendered("node.engines=4", "node.stopGraceSeconds=90"))["node"]
    told = environment(pod)
    assert (told["MAX_CPU_CORES"], told["MAX_RAM_GB"], told["STOP_GRACE_SECONDS"]) == (
        "4",
        "6",
        "90",
    )
    assert pod["containers"][0]["resources"]["limits"] == {"cpu": "4", "memory": "8192Mi"}
    assert pod["terminationGracePeriodSeconds"] == 120


def test_what_a_site_says_wins_by_how_near_it_stands(
    rendered: Callable[..., list[dict[str, Any]]],
) -> None:
    pods = deployments(
        rendered(
            "settings.OCR_LANGUAGE=de",
            "settings.RATE_MB_PER_MINUTE=1000000",
            "node.settings.OCR_LANGUAGE=fr",
            "settings.STORE_GB=1",
        )
    )
    assert environment(pods["ingest"])["OCR_LANGUAGE"] == "de"
    assert environment(pods["node"])["OCR_LANGUAGE"] == "fr"
    assert environment(pods["gateway"])["RATE_MB_PER_MINUTE"] == "1000000"
    # The size of the store belongs to the broker's volume.
    assert environment(pods["ingest"])["STORE_GB"] == "24"


def test_pods_of_a_long_name_stay_nodes_of_different_names(
    rendered: Callable[..., list[dict[str, Any]]],
) -> None:
    objects = rendered(name="a" * 53)
    hash_and_pod = len("-7d9f8b6c5d-x2x4z")
    (node,) = [
        each["metadata"]["name"]
        for each in of_kind(objects, "Deployment")
        if each["metadata"]["name"].endswith("-node")
    ]
    # Of a host's name 48 characters are a node's name.
    assert len(node) + hash_and_pod <= 48


@pytest.mark.parametrize(
    "value",
    ["node.enginse=2", "node.engines=0", "broker.replicas=2", "keda.scripts={klingon}",
     "settings.ocr_language=de", "image.registry=without-a-slash"],
)  # fmt: skip
def test_a_wrong_value_is_refused_before_it_is_installed(value: str, chart: Path) -> None:
    done = run(tool("helm"), "template", "ocr", chart, "--set", value)
    assert done.returncode != 0
    assert "meet the specifications of the schema" in done.stderr


def test_the_broker_of_the_chart_has_the_limits_of_the_project() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    nats = values["nats"]["config"]
    config = (DEPLOY.parent / "nats-server.conf").read_text()
    for name in ("max_payload", "max_pending"):
        assert f"{name}: {nats['merge'][name].strip('<> ')}" in config
    assert values["broker"]["replicas"] == nats["cluster"]["replicas"]
    assert values["broker"]["storeGb"] < int(nats["jetstream"]["fileStore"]["pvc"]["size"][:-2])
