//! The JSON Schemas of our documents, made from the model so that they cannot drift from it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{ArmDocument, ErrorDocument, ListDocument, Report, ReportsDocument, WhyReport};

/// The JSON Schema (draft 2020-12) of each of our documents, with the name of the file it is kept in under `docs/`.
/// They say what this version writes; fields that they do not name are allowed.
#[must_use]
pub fn schemas() -> [(&'static str, Value); 6] {
    [
        ("report.schema.json", schema::<Report>()),
        ("reports.schema.json", schema::<ReportsDocument>()),
        ("why.schema.json", schema::<WhyReport>()),
        ("error.schema.json", schema::<ErrorDocument>()),
        ("list.schema.json", schema::<ListDocument>()),
        ("arm.schema.json", schema::<ArmDocument>()),
    ]
}

fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}
