"""The Helm chart: what helm, the schemas of Kubernetes and KEDA say of it, and that it fits the
program. The chart of NATS cannot be fetched everywhere: all is rendered without it."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.roles import OPERATOR
from broker.users_conf import STREAMS_ACCOUNT
from contracts.topology import PAGES, TopologySettings, topology
from docr.settings import Settings
from tests.deploy.dockerfile import stages
from tests.deploy.tools import DEPLOY, run, tool
from tests.docr.commands import docr
from tests.nats_server import find_binary

CHART = DEPLOY / "helm" / "distributed-ocr"
ROLES = ("gateway", "ingest", "aggregator", "node")
# As sites differ.
SITES: dict[str, tuple[str, ...]] = {
    "as it comes": (),
    "with all": (
        "keda.enabled=true",
        "broker.tlsCaSecret=docr-broker-ca",
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
    "with an open broker": ("broker.credentials=", "keda.enabled=true", "keda.account=$G"),
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

    def render(*values: str, name: str = "ocr", upgrade: bool = False) -> list[dict[str, Any]]:
        options = [part for value in values for part in ("--set", value)]
        if upgrade:
            options.append("--is-upgrade")
        done = run(tool("helm"), "template", name, chart, "--namespace", "ocr", *options)
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


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """As `deployments`, and that of the job which makes the streams."""
    found = deployments(objects)
    for job in of_kind(objects, "Job"):
        found["setup"] = job["spec"]["template"]["spec"]
    return found


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
    found = pods(rendered(*SITES[site]))
    assert found.keys() - {"setup"} == set(ROLES)
    for role, pod in found.items():
        image = "aggregator" if role == "setup" else role
        (container,) = pod["containers"]
        assert f"distributed-ocr-{image}:" in container["image"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == int(
            stages()[image].last("USER").split(":")[0]
        )
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert environment(pod).keys() <= known
        if role == "setup":
            assert container["args"] == ["setup"]
            continue
        assert container["args"] == stages()[role].words("CMD")
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            command = container[probe].get("exec", {}).get("command", [])
            # The script is that of the image's own health check.
            assert not command or command[:3] == stages()[role].health_check()[:3]


def test_a_pod_holds_the_key_of_its_role_alone_and_services_make_no_streams(
    rendered: Callable[..., list[dict[str, Any]]],
) -> None:
    found = pods(rendered("broker.tlsCaSecret=docr-broker-ca", "settings.KEEP_OUTPUTS_DAYS=3"))
    assert found.keys() == {"setup", *ROLES}
    for role, pod in found.items():
        user = OPERATOR if role == "setup" else role
        secrets = [each["secret"] for each in pod["volumes"] if "secret" in each]
        assert [each["secretName"] for each in secrets] == [f"docr-broker-{user}", "docr-broker-ca"]
        mounted = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
        told = environment(pod)
        assert told["NATS_CREDS"] == f"{mounted['credentials']}/seed"
        assert told["NATS_TLS_CA"] == f"{mounted['broker-ca']}/ca.crt"
        assert told["NATS_URL"] == "tls://docr-nats:4222"
        assert told["OCR_TOPOLOGY"] == "check"
        # The streams are made as the settings of the services say.
        assert told["KEEP_OUTPUTS_DAYS"] == "3"
        named = {each["name"] for each in pod["containers"][0]["env"]}
        assert ("OCR_API_KEYS" in named) is (role == "gateway")
        assert ("OCR_SECRET_KEY" in named) is (role in {"gateway", "ingest", "aggregator"})


def test_streams_are_made_beside_the_services_at_first_and_before_them_later(
    rendered: Callable[..., list[dict[str, Any]]],
) -> None:
    (at_first,) = of_kind(rendered(), "Job")
    # A hook of the installation would wait for pods that wait for the streams.
    assert "annotations" not in at_first["metadata"]
    (later,) = of_kind(rendered(upgrade=True), "Job")
    assert later["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    (changed,) = of_kind(rendered("settings.KEEP_OUTPUTS_DAYS=3"), "Job")
    assert changed["metadata"]["name"] != at_first["metadata"]["name"]
    # It reaches the broker as services do.
    (policy,) = [
        each["spec"]["podSelector"]["matchLabels"]
        for each in of_kind(rendered(), "NetworkPolicy")
        if each["metadata"]["name"].endswith("-services")
    ]
    assert policy.items() <= at_first["spec"]["template"]["metadata"]["labels"].items()
    assert of_kind(rendered("broker.credentials="), "Job") == []


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
    told = pods(
        rendered(
            "settings.OCR_LANGUAGE=de",
            "settings.RATE_MB_PER_MINUTE=1000000",
            "node.settings.OCR_LANGUAGE=fr",
            "settings.STORE_GB=1",
        )
    )
    assert environment(told["ingest"])["OCR_LANGUAGE"] == "de"
    assert environment(told["node"])["OCR_LANGUAGE"] == "fr"
    assert environment(told["gateway"])["RATE_MB_PER_MINUTE"] == "1000000"
    # The size of the store belongs to the broker's volume.
    assert environment(told["ingest"])["STORE_GB"] == "24"


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
     "settings.ocr_language=de", "image.registry=without-a-slash", "broker.credentialsSecret=x"],
)  # fmt: skip
def test_a_wrong_value_is_refused_before_it_is_installed(value: str, chart: Path) -> None:
    done = run(tool("helm"), "template", "ocr", chart, "--set", value)
    assert done.returncode != 0
    assert "meet the specifications of the schema" in done.stderr


def test_secrets_have_the_names_that_the_docs_give_them() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    docs = (DEPLOY / "README.md").read_text()
    users = re.findall(r"for role in ([a-z ]+); do\n.*generic docr-broker-\$role", docs)
    assert users == ["gateway ingest node aggregator operator"]
    assert values["broker"]["credentials"] == "docr-broker"
    (volume,) = [each["value"] for each in values["nats"]["podTemplate"]["patch"]]
    assert f"configmap {volume['configMap']['name']} --from-file=users.conf=" in docs


def as_the_chart_of_nats_writes_it(values: dict[str, Any], mounts: dict[str, str]) -> str:
    """The server's configuration of one server alone: values merged, written as JSON, in which
    "<< X >>" is X and a key that ends in $include includes a file; as the chart's README has it.
    `mounts`: folders of a container, and what they are here."""
    config = values["config"]
    wanted: dict[str, Any] = {
        "server_name": "docr-nats-0",
        "port": config.get("nats", {}).get("port", 4222),
        "http_port": config["monitor"]["port"],
        "jetstream": {
            "store_dir": config["jetstream"]["fileStore"]["dir"],
            "max_file_store": 2**31,
            "max_memory_store": 2**28,
        },
        **config["merge"],
    }
    text = json.dumps(wanted, indent=2)
    text = re.sub(r'".*\$include": "(.*)",?', r"include \1;", text)
    text = re.sub(r'"<<\s+(.*)\s+>>"', r"\1", text)
    for inside, here in mounts.items():
        text = text.replace(inside, here)
    return text


def test_a_server_takes_what_the_chart_of_nats_makes_of_the_values(tmp_path: Path) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())["nats"]
    (mount,) = [each["value"] for each in values["container"]["patch"]]
    (volume,) = [each["value"] for each in values["podTemplate"]["patch"]]
    assert mount["name"] == volume["name"]
    # Where the chart's reloader looks.
    assert mount["mountPath"].startswith("/etc/")
    folder = tmp_path / "etc/nats-config"
    folder.mkdir(parents=True)
    made = docr("credentials", "--out", str(tmp_path / mount["mountPath"][1:]), folder=tmp_path)
    assert made.returncode == 0, made.stderr
    written = as_the_chart_of_nats_writes_it(values, {'"/data"': f'"{tmp_path}/data"'})
    (folder / "nats.conf").write_text(written)
    done = run(find_binary(), "-t", "-c", folder / "nats.conf")
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr
    (tmp_path / mount["mountPath"][1:] / "users.conf").unlink()
    assert run(find_binary(), "-t", "-c", folder / "nats.conf").returncode != 0


def test_keda_looks_at_the_account_of_the_streams() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert values["keda"]["account"] == STREAMS_ACCOUNT


def test_the_broker_of_the_chart_has_the_limits_of_the_project() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    nats = values["nats"]["config"]
    config = (DEPLOY.parent / "nats-server.conf").read_text()
    for name in ("max_payload", "max_pending"):
        assert f"{name}: {nats['merge'][name].strip('<> ')}" in config
    assert values["broker"]["replicas"] == nats["cluster"]["replicas"]
    assert values["broker"]["storeGb"] < int(nats["jetstream"]["fileStore"]["pvc"]["size"][:-2])
