//! Short words for the parts of a description.

use utoipa::ToSchema;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required,
    ResponseBuilder, Schema,
};

use crate::central::version::Version;

/// A description that grows.
pub(super) struct Description {
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// One operation that grows.
pub(super) struct Operation<'a> {
    description: &'a mut Description,
    method: HttpMethod,
    path: String,
    builder: OperationBuilder,
}

impl Description {
    pub fn new() -> Description {
        let mut schemas = Vec::new();
        collect::<super::errors::Error>(&mut schemas);
        Description { paths: Paths::new(), schemas }
    }

    /// An operation: `call` is `VERB path`. What stands in braces is text.
    pub fn operation(&mut self, call: &str, id: &str, summary: &str) -> Operation<'_> {
        let (verb, path) = call.split_once(' ').unwrap_or(("GET", call));
        self.operation_at(verb, path, id, summary)
    }

    /// As [`Description::operation`].
    pub fn operation_at(&mut self, verb: &str, path: &str, id: &str, summary: &str) -> Operation<'_> {
        let method = match verb {
            "PUT" => HttpMethod::Put,
            "POST" => HttpMethod::Post,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        let mut builder = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            builder = builder.parameter(parameter(name, ParameterIn::Path, Required::True, "", text()));
        }
        let failed = ResponseBuilder::new()
            .description("What was wrong")
            .content("application/json", ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build());
        builder = builder.response("default", failed);
        let operation = Operation { description: self, method, path: path.to_owned(), builder };
        operation.required("api-version", "bellwether-1")
    }

    pub fn finish(mut self) -> OpenApi {
        self.schemas.sort_by(|a, b| a.0.cmp(&b.0));
        self.schemas.dedup_by(|a, b| a.0 == b.0);
        self.schemas.retain(|(name, _)| name != "Value" && name != "String");
        let info = InfoBuilder::new().title("Bellwether").version(Version::Own.as_str()).description(Some(
            "Everything the console does. The published members and paths are those of IoT Central's newest version.",
        ));
        let components = ComponentsBuilder::new().schemas_from_iter(self.schemas);
        OpenApiBuilder::new()
            .info(info.build())
            .servers(Some([utoipa::openapi::Server::new("/api")]))
            .paths(self.paths)
            .components(Some(components.build()))
            .build()
    }
}

impl Operation<'_> {
    /// A parameter behind the `?` that may be there.
    pub fn query(mut self, name: &str, what: &str) -> Self {
        self.builder = self.builder.parameter(parameter(name, ParameterIn::Query, Required::False, what, text()));
        self
    }

    /// The parameters of lists in pages.
    pub fn paged(self) -> Self {
        self.query("maxpagesize", "Items on a page: 1 to 100, 25 when not said")
            .query("$skiptoken", "Stands in `nextLink`")
    }

    /// The etag that was read before.
    pub fn if_match(mut self) -> Self {
        let header =
            parameter("If-Match", ParameterIn::Header, Required::False, "The etag that was read, or `*`", text());
        self.builder = self.builder.parameter(header);
        self
    }

    fn required(mut self, name: &str, value: &str) -> Self {
        self.builder =
            self.builder.parameter(parameter(name, ParameterIn::Query, Required::True, &format!("`{value}`"), text()));
        self
    }

    /// A body of JSON.
    pub fn takes<T: ToSchema>(self) -> Self {
        self.takes_as::<T>("application/json")
    }

    /// A merge patch of `T`: any of its members, null takes one away.
    pub fn patches(mut self) -> Self {
        let content = ContentBuilder::new().schema(Some(any_object())).build();
        let body =
            RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build();
        self.builder = self.builder.request_body(Some(body));
        self
    }

    /// A body of this type.
    pub fn takes_as<T: ToSchema>(mut self, media: &str) -> Self {
        collect::<T>(&mut self.description.schemas);
        let content = ContentBuilder::new().schema(Some(reference::<T>())).build();
        let body = RequestBodyBuilder::new().content(media, content).required(Some(Required::True)).build();
        self.builder = self.builder.request_body(Some(body));
        self
    }

    /// Answers one document.
    pub fn answers<T: ToSchema>(self) {
        self.answers_with::<T>("200");
    }

    /// As [`Operation::answers`], with this status.
    pub fn answers_with<T: ToSchema>(self, status: &str) {
        collect::<T>(&mut self.description.schemas);
        self.response(status, "application/json", reference::<T>());
    }

    /// Answers a page of a list.
    pub fn lists<T: ToSchema>(self) {
        collect::<T>(&mut self.description.schemas);
        let page = ObjectBuilder::new()
            .property("value", ArrayBuilder::new().items(reference::<T>()))
            .property("nextLink", text())
            .required("value");
        self.response("200", "application/json", RefOr::T(Schema::Object(page.build())));
    }

    /// Answers a file.
    pub fn downloads(self, media: &str) {
        self.response("200", media, text());
    }

    /// Answers a stream of server-sent events whose data is `T`.
    pub fn answers_as_events<T: ToSchema>(self) {
        collect::<T>(&mut self.description.schemas);
        self.response("200", "text/event-stream", reference::<T>());
    }

    /// Answers 204.
    pub fn answers_nothing(mut self) {
        self.builder = self.builder.response("204", ResponseBuilder::new().description("Done"));
        self.end();
    }

    fn response(mut self, status: &str, media: &str, schema: RefOr<Schema>) {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description("Success").content(media, content);
        self.builder = self.builder.response(status, response);
        self.end();
    }

    fn end(self) {
        self.description.paths.add_path_operation(&self.path, vec![self.method], self.builder.build());
    }
}

/// Types of the language have no name of their own.
fn is_named<T: ToSchema>() -> bool {
    !matches!(T::name().as_ref(), "String" | "Value")
}

fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    if is_named::<T>() {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    if is_named::<T>() { RefOr::Ref(Ref::from_schema_name(T::name())) } else { T::schema() }
}

fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()))
}

fn any_object() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true))).build(),
    ))
}

fn parameter(
    name: &str,
    place: ParameterIn,
    required: Required,
    what: &str,
    schema: RefOr<Schema>,
) -> ParameterBuilder {
    let description = Some(what).filter(|what| !what.is_empty());
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(description)
        .schema(Some(schema))
}
