"""A customer's program, written against the public API's own library. It knows nothing of Ringback but a URL and a key.

It runs in .venv-client, which has no part of Ringback: `python customer.py URL KEY`. It ends with 0 when all is as a
customer expects.
"""

import sys
from collections.abc import Callable
from typing import Any

from infobip_cpaasx import (  # type: ignore[import-not-found]  # not where types are checked
    ApiClient,
    ApiException,
    Application,
    ApplicationApi,
    Channel,
    Configuration,
    Entity,
    EntityApi,
    ModifyApplication,
    ModifyEntity,
    ResourceAssociationApi,
    ResourceAssociationRequest,
    ResourceType,
)
from infobip_cpaasx.exceptions import NotFoundException, UnauthorizedException  # type: ignore[import-not-found]

url, key = sys.argv[1:]
client = ApiClient(Configuration(host=url, api_key={"APIKeyHeader": key}, api_key_prefix={"APIKeyHeader": "App"}))
applications, entities, associations = ApplicationApi(client), EntityApi(client), ResourceAssociationApi(client)


def refused(ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """The error that this ends with."""
    try:
        answer = ask(*arguments, **options)
    except ApiException as error:
        return error
    raise AssertionError(f"{ask.__name__} succeeded with {answer}")


# Everybody has the default application.
assert [each.application_id for each in applications.get_applications().results] == ["default"]

# Applications are created, listed, read, renamed.
applications.create_application(Application(application_id="shop", application_name="Shop"))
applications.create_application(Application(application_id="desk"))
listed = applications.get_applications(page=0, size=2)
assert len(listed.results) == 2, listed
assert (listed.paging.page, listed.paging.size, listed.paging.total_pages, listed.paging.total_results) == (0, 2, 2, 3)
assert len(applications.get_applications(page=1, size=2).results) == 1
assert applications.get_application("shop").application_name == "Shop"
assert applications.get_application("desk").application_name is None
applications.modify_application("desk", ModifyApplication(application_name="Help desk"))
assert applications.get_application("desk").application_name == "Help desk"

# What is wrong is said in the error's body, where this library and its users look for it.
taken = refused(applications.create_application, Application(application_id="shop"))
assert taken.status == 409, taken
assert '"serviceException"' in str(taken.body), taken
unknown = refused(applications.get_application, "nowhere")
assert isinstance(unknown, NotFoundException), unknown
assert '"NOT_FOUND"' in str(unknown.body), unknown

# Entities, too.
entities.create_entity(Entity(entity_id="bakery", entity_name="Bakery"))
assert [each.entity_id for each in entities.get_entities().results] == ["bakery"]
entities.modify_entity("bakery", ModifyEntity(entity_name="The bakery"))
assert entities.get_entity("bakery").entity_name == "The bakery"

# A number is associated with both, found by each of them, and let go.
number = ResourceAssociationRequest(
    resource_type=ResourceType.NUMBER,
    channel=Channel.SMS,
    application_id="shop",
    entity_id="bakery",
    resource_id="447796354125",
)
associations.create_resource_association(number)
found = associations.get_resource_association(ResourceType.NUMBER, Channel.SMS, "shop", "447796354125", "bakery")
assert (found.application_id, found.entity_id, found.resource_id) == ("shop", "bakery", "447796354125"), found
for wanted in ({"application_id": "shop"}, {"entity_id": "bakery"}, {"channel": Channel.SMS, "size": 1}):
    assert associations.get_resource_associations(**wanted).results == [found], wanted
assert associations.get_resource_associations(application_id="desk").results == []
associations.delete_resource_association(number)
gone = refused(associations.get_resource_association, ResourceType.NUMBER, Channel.SMS, "shop", "447796354125")
assert isinstance(gone, NotFoundException), gone

# A push configuration is something of its own, too: this library still knows the words.
associations.get_resource_associations(resource_type=ResourceType.WEBRTC_PUSH_CONFIG, channel=Channel.VOICE_VIDEO)

# The library has no call that deletes applications and entities; its transport has.
for path in ("/provisioning/1/applications/desk", "/provisioning/1/entities/bakery"):
    client.call_api(path, "DELETE", header_params={}, auth_settings=["APIKeyHeader"], response_types_map={})
assert isinstance(refused(applications.get_application, "desk"), NotFoundException)
assert entities.get_entities().results == []

# Nobody else gets in.
client.configuration.api_key["APIKeyHeader"] = "wrong"
assert isinstance(refused(applications.get_applications), UnauthorizedException)
