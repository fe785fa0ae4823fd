//! Device templates of `preview`, whose models were written in DTDL v1 (iot-central §8.1): components stand in
//! `implements` as `InterfaceInstance`, the model is a `CapabilityModel`, and cloud properties stand in a
//! `solutionModel` of their own. From 1.1-preview on all of it is in the `contents` of one `Interface`.

use bellwether_model::json::{Members, ObjectWriter};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::convert::string_list;
use crate::central::call::from_json;
use crate::central::error::CentralError;

const MODEL: &str = "capabilityModel";
const SOLUTION: &str = "solutionModel";

/// A request's template with its two models made one. The other members are left as they are.
///
/// `is_patch`: of a merge patch. The one model is replaced as a whole there, so whoever sends one of the two has
/// to send both: else the patch would drop what the other held.
///
/// # Errors
/// 400 when it is no JSON, 422 when one of the models is not what it should be.
pub(super) fn upgrade(text: &str, is_patch: bool) -> Result<String, CentralError> {
    let template: Members = from_json(text)?;
    let (model, solution) = (template.get(MODEL), template.get(SOLUTION));
    if is_patch && model.is_some() != solution.is_some() {
        return Err(CentralError::unprocessable(format!("a patch of {MODEL} or {SOLUTION} must hold both")));
    }
    if model.is_none() && solution.is_some() {
        return Err(CentralError::unprocessable(format!("{MODEL} is missing")));
    }
    let mut out = String::with_capacity(text.len());
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &template.0 {
        match key.0.as_ref() {
            SOLUTION => {}
            MODEL => {
                object.raw(MODEL, &merged_model(value, solution)?);
            }
            key => {
                object.raw(key, value.get());
            }
        }
    }
    object.close();
    Ok(out)
}

fn merged_model(model: &RawValue, solution: Option<&RawValue>) -> Result<String, CentralError> {
    if !model.get().starts_with('{') {
        return Ok(model.get().to_owned());
    }
    let members: Members = from_json(model.get())?;
    let mut contents: Vec<String> = Vec::new();
    for item in list(&members, "contents", MODEL)? {
        contents.push(item.get().to_owned());
    }
    for item in list(&members, "implements", MODEL)? {
        contents.push(with_types(item, |types| replaced(types, "InterfaceInstance", "Component"))?);
    }
    if let Some(solution) = solution {
        contents.extend(cloud_properties(solution)?);
    }
    let mut out = String::with_capacity(model.get().len());
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &members.0 {
        match key.0.as_ref() {
            "contents" | "implements" => {}
            "@type" => {
                object.raw("@type", &types_text(value, |types| replaced(types, "CapabilityModel", "Interface"))?);
            }
            key => {
                object.raw(key, value.get());
            }
        }
    }
    object.raw("contents", &format!("[{}]", contents.join(",")));
    object.close();
    Ok(out)
}

/// The cloud properties of a solution model as contents of an interface.
fn cloud_properties(solution: &RawValue) -> Result<Vec<String>, CentralError> {
    let members: Members = from_json(solution.get())?;
    for (key, value) in &members.0 {
        let is_empty = matches!(value.get(), "[]" | "{}" | "null");
        match key.0.as_ref() {
            "@id" | "@type" | "@context" | "displayName" | "cloudProperties" => {}
            _ if is_empty => {}
            key => {
                return Err(CentralError::unprocessable(format!(
                    "{SOLUTION}.{key} is not served: write it into the capability itself"
                )));
            }
        }
    }
    let mut all = Vec::new();
    for item in list(&members, "cloudProperties", SOLUTION)? {
        all.push(with_types(item, |types| {
            let mut types = replaced(types, "CloudProperty", "Property");
            if !types.iter().any(|name| name == "Cloud") {
                types.insert(1.min(types.len()), "Cloud".to_owned());
            }
            types
        })?);
    }
    Ok(all)
}

/// A template of an answer with its one model made two.
///
/// # Errors
/// It is no object: a failure of ours.
pub(super) fn downgrade(text: &str) -> Result<String, CentralError> {
    let template = Members::of(text)?;
    let mut out = String::with_capacity(text.len() + 64);
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &template.0 {
        if key.0 == MODEL && value.get().starts_with('{') {
            let (model, solution) = split_model(value)?;
            object.raw(MODEL, &model).raw(SOLUTION, &solution);
        } else {
            object.raw(&key.0, value.get());
        }
    }
    object.close();
    Ok(out)
}

fn split_model(model: &RawValue) -> Result<(String, String), CentralError> {
    let members = Members::of(model.get())?;
    let (mut contents, mut implements, mut cloud) = (Vec::new(), Vec::new(), Vec::new());
    for item in list(&members, "contents", MODEL)? {
        let types = types_of(item)?;
        let is = |name| types.iter().any(|other| other == name);
        if is("Cloud") {
            cloud.push(with_types(item, |types| {
                let types = types.into_iter().filter(|name| name != "Cloud").collect();
                replaced(types, "Property", "CloudProperty")
            })?);
        } else if is("Component") {
            implements.push(with_types(item, |types| replaced(types, "Component", "InterfaceInstance"))?);
        } else {
            contents.push(item.get().to_owned());
        }
    }
    let mut out = String::with_capacity(model.get().len());
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &members.0 {
        match key.0.as_ref() {
            "contents" => {}
            "@type" => {
                object.raw("@type", &types_text(value, |types| replaced(types, "Interface", "CapabilityModel"))?);
            }
            key => {
                object.raw(key, value.get());
            }
        }
    }
    object.raw("contents", &format!("[{}]", contents.join(",")));
    object.raw("implements", &format!("[{}]", implements.join(",")));
    object.close();
    Ok((out, format!(r#"{{"@type":["SolutionModel"],"cloudProperties":[{}]}}"#, cloud.join(","))))
}

/// A component as `preview` lists it (§7.4).
///
/// # Errors
/// It is no object: a failure of ours.
pub(super) fn downgrade_component(text: &str) -> Result<String, CentralError> {
    with_types(from_json(text)?, |types| replaced(types, "Component", "InterfaceInstance"))
}

fn list<'a>(members: &Members<'a>, name: &str, of: &str) -> Result<Vec<&'a RawValue>, CentralError> {
    let Some(value) = members.get(name) else { return Ok(Vec::new()) };
    serde_json::from_str(value.get()).map_err(|_| CentralError::unprocessable(format!("{of}.{name} must be a list")))
}

/// `@type` is one name or a list of names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Types {
    One(String),
    Many(Vec<String>),
}

fn types_of(item: &RawValue) -> Result<Vec<String>, CentralError> {
    let members: Members = from_json(item.get())?;
    let Some(types) = members.get("@type") else { return Ok(Vec::new()) };
    Ok(read_types(types)?.1)
}

/// Was it a list, and the names.
fn read_types(value: &RawValue) -> Result<(bool, Vec<String>), CentralError> {
    match serde_json::from_str(value.get()) {
        Ok(Types::One(name)) => Ok((false, vec![name])),
        Ok(Types::Many(names)) => Ok((true, names)),
        Err(_) => Err(CentralError::unprocessable("@type must be a name or a list of names")),
    }
}

fn types_text(value: &RawValue, change: impl Fn(Vec<String>) -> Vec<String>) -> Result<String, CentralError> {
    let (is_list, types) = read_types(value)?;
    let types = change(types);
    Ok(match types.as_slice() {
        [name] if !is_list => serde_json::to_string(name)?,
        names => string_list(names.iter().map(String::as_str)),
    })
}

fn with_types(item: &RawValue, change: impl Fn(Vec<String>) -> Vec<String>) -> Result<String, CentralError> {
    let members: Members = from_json(item.get())?;
    let mut out = String::with_capacity(item.get().len() + 16);
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &members.0 {
        if key.0 == "@type" {
            object.raw("@type", &types_text(value, &change)?);
        } else {
            object.raw(&key.0, value.get());
        }
    }
    object.close();
    Ok(out)
}

fn replaced(types: Vec<String>, old: &str, new: &str) -> Vec<String> {
    types.into_iter().map(|name| if name == old { new.to_owned() } else { name }).collect()
}
