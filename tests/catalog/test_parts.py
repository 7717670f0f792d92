"""What a product's name means on a page."""

from __future__ import annotations

import pytest

from bot.catalog.parts import parts_called, parts_named
from bot.domain import Component, Level, Slug, Vendor


def vendor(slug: str, name: str) -> Vendor:
    page = f"https://status.{slug}.test"
    return Vendor(Slug(slug), name, page, page, "tools", "tools")


AWS, OFFICE, GITHUB = (
    vendor("aws", "Amazon Web Services"),
    vendor("microsoft-365", "Microsoft 365"),
    vendor("gh", "GitHub"),
)


def page(*names: str) -> tuple[Component, ...]:
    """Components by name; ``Group / Name`` for one in a group."""
    made = []
    for number, label in enumerate(names):
        group, _, name = label.rpartition(" / ")
        made.append(Component(f"c{number}", name, Level.OPERATIONAL, group=group or None))
    return tuple(made)


@pytest.mark.parametrize(
    ("maker", "asked", "listed", "names"),
    [
        (OFFICE, ("Microsoft Teams", "Teams"), ("Exchange Online", "Microsoft Teams"), ("Microsoft Teams",)),
        (OFFICE, ("Microsoft Teams", "Teams"), ("Exchange", "Teams"), ("Teams",)),
        (OFFICE, ("Word",), ("WordPress", "Crosswords"), None),
        (OFFICE, ("SharePoint Online", "SharePoint"), ("Share Point", "Mail"), ("Share Point",)),
        (AWS, ("Amazon Simple Storage Service", "S3"), ("Amazon S3", "Amazon EC2"), ("Amazon S3",)),
        (
            AWS,
            ("Amazon Simple Storage Service", "S3"),
            ("Amazon S3 Replication Time Control", "Amazon Simple Storage Service"),
            ("Amazon Simple Storage Service",),
        ),
        (AWS, ("SQS",), ("Amazon Simple Queue Service", "AWS Lambda"), ("Amazon Simple Queue Service",)),
        (AWS, ("AKS",), ("Azure Kubernetes Service (AKS)", "VPN"), ("Azure Kubernetes Service (AKS)",)),
        (AWS, ("PubSub",), ("Google Cloud Pub/Sub", "VPN"), ("Google Cloud Pub/Sub",)),
        (AWS, ("Amazon Connect", "AWS Connect"), ("AWS Direct Connect", "Amazon EC2 Instance Connect"), None),
        (AWS, ("Google Cloud Storage", "GCS"), ("Google Cloud Support", "VPN"), None),
        (AWS, ("Kinesis",), ("Amazon Kinesis Data Streams", "AWS Glue"), ("Amazon Kinesis Data Streams",)),
        (AWS, ("APIs",), ("REST API", "Site"), ("REST API",)),
        (AWS, ("EC2",), ("EC2 (Ohio)", "EC2 (Oregon)", "S3"), ("EC2 (Ohio)", "EC2 (Oregon)")),
        (GITHUB, ("Actions",), ("Git Operations", "GitHub Actions"), ("GitHub Actions",)),
        (GITHUB, ("Actions",), ("Actions / Runners", "Actions / Queue", "Site"), ("Actions",)),
        (GITHUB, ("Copilot",), ("Actions", "Issues"), None),
        (GITHUB, ("GitHub",), ("GitHub Actions", "GitHub Issues"), None),
        (GITHUB, ("Cloud",), ("Cloud A", "Cloud B"), None),
    ],
)
def test_a_product_is_found_on_its_page(
    maker: Vendor, asked: tuple[str, ...], listed: tuple[str, ...], names: tuple[str, ...] | None
) -> None:
    found = parts_named(asked, maker, page(*listed))
    assert (found.names if found else None) == names


def test_one_name_in_many_regions_is_one_name() -> None:
    listed = page("Ohio / Amazon EC2", "Oregon / Amazon EC2", "Oregon / Amazon SQS")
    found = parts_named(("EC2",), AWS, listed)
    assert found
    assert (found.components, found.names) == (listed[:2], ("Amazon EC2",))


@pytest.mark.parametrize(
    ("name", "names"),
    [("gmail", ("Gmail",)), ("google drive", ("Google Drive",)), ("drive", ("Google Drive",)), ("suite", None)],
)
def test_another_name_of_the_vendor_has_to_be_the_parts_own(name: str, names: tuple[str, ...] | None) -> None:
    workspace = vendor("google-workspace", "Google Workspace")
    found = parts_called(name, workspace, page("Gmail", "Google Drive", "Suite admin"))
    assert (found.names if found else None) == names
