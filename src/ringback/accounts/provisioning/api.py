"""`/provisioning/1` of the public API (contract §14)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, Field

from ringback.accounts.provisioning.model import (
    ID_LENGTH,
    ID_RULE,
    NAME_LENGTH,
    Application,
    Association,
    AssociationFilter,
    Channel,
    Entity,
    Resource,
    ResourceType,
    is_id,
)
from ringback.accounts.provisioning.service import Provisioning
from ringback.web import (
    Authenticated,
    Operation,
    PageInfo,
    Paging,
    RequestModel,
    ResponseModel,
    Text,
    WithPaging,
    described,
    paging,
)

Pages = Annotated[Paging, paging(1000)]


def _new_id(text: str) -> str:
    if not is_id(text):
        raise ValueError(ID_RULE)
    return text


# The service checks the rule for everybody; here it is checked with the other fields, so that all that is wrong with a
# request is told at once.
NewId = Annotated[
    Text, AfterValidator(_new_id), Field(json_schema_extra={"minLength": 1, "maxLength": ID_LENGTH}, examples=["shop"])
]
KnownId = Annotated[Text, Field(max_length=ID_LENGTH)]
Name = Annotated[Text, Field(max_length=NAME_LENGTH, examples=["Web shop"])]

ApplicationId = Annotated[
    Text, Path(alias="applicationId", max_length=ID_LENGTH, description="Its id, encoded for a URL.")
]
EntityId = Annotated[Text, Path(alias="entityId", max_length=ID_LENGTH, description="Its id, encoded for a URL.")]
QueryId = Annotated[Text, Query(max_length=ID_LENGTH)]


class ApplicationUpdate(RequestModel):
    application_name: Name | None = None
    """For people. Without it, the application has no name any more."""


class ApplicationCreate(RequestModel):
    application_id: NewId
    """Unique in the account, and it stays. Ids that need no encoding in a URL are easier to live with."""

    application_name: Name | None = None
    """For people."""


class ApplicationAnswer(ResponseModel):
    application_id: str
    """Chosen by who created it."""

    application_name: str | None = None
    """For people."""

    @classmethod
    def of(cls, application: Application) -> "ApplicationAnswer":
        return cls(application_id=application.id, application_name=application.name)


class EntityUpdate(RequestModel):
    entity_name: Name | None = None
    """For people. Without it, the entity has no name any more."""


class EntityCreate(RequestModel):
    entity_id: NewId
    """Unique in the account, and it stays. Ids that need no encoding in a URL are easier to live with."""

    entity_name: Name | None = None
    """For people."""


class EntityAnswer(ResponseModel):
    entity_id: str
    """Chosen by who created it."""

    entity_name: str | None = None
    """For people."""

    @classmethod
    def of(cls, entity: Entity) -> "EntityAnswer":
        return cls(entity_id=entity.id, entity_name=entity.name)


class AssociationBody(RequestModel):
    resource_type: ResourceType
    """Of which kind the resource is."""

    channel: Channel
    """What the resource is used for."""

    resource_id: KnownId
    """Which resource: a number, a domain, the id of a push configuration."""

    application_id: KnownId
    """The application that the resource belongs to."""

    entity_id: KnownId | None = None
    """The entity that the resource belongs to; null, or left out, when it belongs to none."""

    def association(self) -> Association:
        resource = Resource(self.resource_type, self.channel, self.resource_id)
        return Association(resource, self.application_id, self.entity_id)


class AssociationAnswer(ResponseModel):
    resource_type: ResourceType
    """Of which kind the resource is."""

    channel: Channel
    """What the resource is used for."""

    resource_id: str
    """Which resource: a number, a domain, the id of a push configuration."""

    application_id: str
    """The application that the resource belongs to."""

    entity_id: str | None = None
    """The entity that the resource belongs to, if any."""

    @classmethod
    def of(cls, association: Association) -> "AssociationAnswer":
        return cls(
            resource_type=association.resource.type,
            channel=association.resource.channel,
            resource_id=association.resource.id,
            application_id=association.application_id,
            entity_id=association.entity_id,
        )


def provisioning_routes(provisioning: Provisioning) -> APIRouter:
    """Applications, entities and resource associations."""
    router = APIRouter(prefix="/provisioning/1", tags=["application-entity"], route_class=Operation)
    for add in (_application_routes, _entity_routes, _association_routes):
        add(router, provisioning)
    return router


def _described(operation_id: str, *errors: int, repeatable: bool = False) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("application-entity:manage",),
        limit="1/second",
        errors=(400, *errors),
        repeatable=repeatable,
    )


_EMPTY: Final[dict[str, Any]] = {"response_class": Response}
"""An answer without a body. FastAPI would write `null`."""


def _application_routes(router: APIRouter, provisioning: Provisioning) -> None:
    # Ids may hold slashes; however a client encodes them, they arrive as part of the path.
    one = "/applications/{applicationId:path}"

    @router.get("/applications", **_described("get-applications"))
    async def get_applications(principal: Authenticated, asked: Pages) -> WithPaging[ApplicationAnswer]:
        """List the applications.

        In the order of their ids. Every account has the application `default`.
        """
        found, total = await provisioning.page(principal.account_id, Application, asked)
        return WithPaging(results=[ApplicationAnswer.of(each) for each in found], paging=PageInfo.of(asked, total))

    @router.post("/applications", status_code=201, **_EMPTY, **_described("create-application", 409, repeatable=True))
    async def create_application(principal: Authenticated, body: ApplicationCreate) -> None:
        """Create an application.

        409 says that there is one with this id already.
        """
        await provisioning.create(principal, Application(body.application_id, body.application_name))

    @router.get(one, **_described("get-application", 404))
    async def get_application(principal: Authenticated, application_id: ApplicationId) -> ApplicationAnswer:
        """Get an application.

        Its id and, if it has one, its name.
        """
        return ApplicationAnswer.of(await provisioning.get(principal.account_id, Application, application_id))

    @router.put(one, status_code=204, **_EMPTY, **_described("modify-application", 404))
    async def modify_application(
        principal: Authenticated, application_id: ApplicationId, body: ApplicationUpdate
    ) -> None:
        """Give an application another name.

        Its id stays. Without a name in the body, it has none any more.
        """
        await provisioning.rename(principal, Application(application_id, body.application_name))

    @router.delete(one, **_EMPTY, **_described("delete-application", 404))
    async def delete_application(principal: Authenticated, application_id: ApplicationId) -> None:
        """Delete an application.

        Its resources belong to the application `default` and to no entity from then on. `default` cannot be deleted.
        """
        await provisioning.delete(principal, Application, application_id)


def _entity_routes(router: APIRouter, provisioning: Provisioning) -> None:
    one = "/entities/{entityId:path}"

    @router.get("/entities", **_described("get-entities"))
    async def get_entities(principal: Authenticated, asked: Pages) -> WithPaging[EntityAnswer]:
        """List the entities.

        In the order of their ids. An entity is somebody whom you act for, a customer of yours for example.
        """
        found, total = await provisioning.page(principal.account_id, Entity, asked)
        return WithPaging(results=[EntityAnswer.of(each) for each in found], paging=PageInfo.of(asked, total))

    @router.post("/entities", status_code=201, **_EMPTY, **_described("create-entity", 409, repeatable=True))
    async def create_entity(principal: Authenticated, body: EntityCreate) -> None:
        """Create an entity.

        409 says that there is one with this id already.
        """
        await provisioning.create(principal, Entity(body.entity_id, body.entity_name))

    @router.get(one, **_described("get-entity", 404))
    async def get_entity(principal: Authenticated, entity_id: EntityId) -> EntityAnswer:
        """Get an entity.

        Its id and, if it has one, its name.
        """
        return EntityAnswer.of(await provisioning.get(principal.account_id, Entity, entity_id))

    @router.put(one, status_code=204, **_EMPTY, **_described("modify-entity", 404))
    async def modify_entity(principal: Authenticated, entity_id: EntityId, body: EntityUpdate) -> None:
        """Give an entity another name.

        Its id stays. Without a name in the body, it has none any more.
        """
        await provisioning.rename(principal, Entity(entity_id, body.entity_name))

    @router.delete(one, **_EMPTY, **_described("delete-entity", 404))
    async def delete_entity(principal: Authenticated, entity_id: EntityId) -> None:
        """Delete an entity.

        Its resources belong to the application `default` and to no entity from then on.
        """
        await provisioning.delete(principal, Entity, entity_id)


def _association_routes(router: APIRouter, provisioning: Provisioning) -> None:
    @router.get("/associations", **_described("get-resource-associations"))
    async def get_resource_associations(
        principal: Authenticated,
        asked: Pages,
        resource_type: Annotated[ResourceType | None, Query(alias="resourceType")] = None,
        channel: Annotated[Channel | None, Query()] = None,
        application_id: Annotated[QueryId | None, Query(alias="applicationId")] = None,
        entity_id: Annotated[QueryId | None, Query(alias="entityId")] = None,
        resource_id: Annotated[QueryId | None, Query(alias="resourceId")] = None,
    ) -> WithPaging[AssociationAnswer]:
        """List the resource associations.

        In the order of kind, channel and id of the resources. Each parameter leaves out what has another value.
        """
        wanted = AssociationFilter(
            resource_type=resource_type,
            channel=channel,
            application_id=application_id,
            entity_id=entity_id,
            resource_id=resource_id,
        )
        found, total = await provisioning.association_page(principal.account_id, wanted, asked)
        return WithPaging(results=[AssociationAnswer.of(each) for each in found], paging=PageInfo.of(asked, total))

    @router.post(
        "/associations",
        status_code=201,
        **_EMPTY,
        **_described("create-resource-association", 404, 409, repeatable=True),
    )
    async def create_resource_association(principal: Authenticated, body: AssociationBody) -> None:
        """Associate a resource with an application, and perhaps an entity.

        A resource belongs to one application on each channel. 409 says that it does already; delete that association
        first, unless it is only the one with `default`. 404 says that there is no such application or entity.
        """
        await provisioning.associate(principal, body.association())

    @router.delete("/associations", status_code=204, **_EMPTY, **_described("delete-resource-association", 404))
    async def delete_resource_association(principal: Authenticated, body: AssociationBody) -> None:
        """Delete a resource association.

        All of its fields have to be as they are stored.
        """
        await provisioning.dissociate(principal, body.association())

    @router.get("/associations/single", **_described("get-resource-association", 404))
    async def get_resource_association(
        principal: Authenticated,
        resource_type: Annotated[ResourceType, Query(alias="resourceType")],
        channel: Channel,
        application_id: Annotated[QueryId, Query(alias="applicationId")],
        resource_id: Annotated[QueryId, Query(alias="resourceId")],
        entity_id: Annotated[QueryId | None, Query(alias="entityId")] = None,
    ) -> AssociationAnswer:
        """Get exactly one resource association.

        Without `entityId`: one of a resource that belongs to no entity.
        """
        association = Association(Resource(resource_type, channel, resource_id), application_id, entity_id)
        await provisioning.require(principal.account_id, association)
        return AssociationAnswer.of(association)
