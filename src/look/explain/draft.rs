//! What findings have in common: what they are about, and their name between runs. The rest is said by each kind itself, and whose code it is by
//! [`attribution`](super::attribution).

use super::names::{Names, UNREADABLE};
use crate::analysis::fingerprint::fingerprint;
use crate::heap::Generator;
use crate::report::{BelongsTo, Definition, Finding, Kind, Verdict};

/// The function that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct About {
    pub(super) qualname: String,
    pub(super) module: Option<String>,
    pub(super) definition: Option<Definition>,
}

impl About {
    /// The function of a coroutine or async generator.
    pub(super) fn generator(names: &Names<'_, '_>, generator: &Generator) -> Self {
        Self {
            qualname: names.heap.generator_qualname(generator).unwrap_or_else(|_| UNREADABLE.to_owned()),
            module: names.module_of(generator),
            definition: names.definition(generator.code),
        }
    }

    /// The last part of a path: findings of one program are the same wherever it is installed.
    pub(super) fn file_name(file: &str) -> &str {
        file.rsplit('/').next().unwrap_or(file)
    }

    /// The file of its definition, empty if that is not known.
    pub(super) fn file(&self) -> &str {
        self.definition.as_ref().map_or("", |definition| definition.file.as_str())
    }

    /// A finding about one object or call, named by kind, function and definition.
    pub(super) fn finding(self, kind: Kind, verdict: Verdict) -> Finding {
        self.finding_told_apart_by(&[], kind, verdict)
    }

    /// The same, where `more` tells findings of one function apart.
    pub(super) fn finding_told_apart_by(self, more: &[&str], kind: Kind, verdict: Verdict) -> Finding {
        let line = self.definition.as_ref().map_or(0, |definition| definition.line).to_string();
        let module = self.module.as_deref().unwrap_or("");
        let parts = [kind.word(), module, &self.qualname, Self::file_name(self.file()), &line];
        let fingerprint = fingerprint(parts.into_iter().chain(more.iter().copied()));
        self.finding_named(fingerprint, kind, verdict)
    }

    /// A finding with a name of its own.
    pub(super) fn finding_named(self, fingerprint: String, kind: Kind, verdict: Verdict) -> Finding {
        Finding {
            fingerprint,
            kind,
            verdict,
            why: String::new(),
            qualname: self.qualname,
            module: self.module,
            belongs_to: BelongsTo::Unknown,
            distribution: None,
            distribution_version: None,
            definition: self.definition,
            count: 1,
            created_at: None,
            position: None,
            exception: None,
            retained_by: Vec::new(),
            also_retained_by: Vec::new(),
            inner: Vec::new(),
            warning: None,
            instances: Vec::new(),
            instances_omitted: 0,
            advice: String::new(),
        }
    }
}
