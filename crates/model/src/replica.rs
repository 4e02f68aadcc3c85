//! Whose history it is: the container of a pod, and the workload that the pod is a replica of.

/// One container of one replica. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replica {
    /// The cluster, where a server has several.
    pub cluster: String,
    /// The pod's namespace.
    pub namespace: String,
    /// What the workload is: `Deployment`, `StatefulSet`.
    pub kind: String,
    /// The workload's name.
    pub workload: String,
    /// The pod, or the machine of a container without one.
    pub pod: String,
    /// The container's name.
    pub container: String,
}

impl Replica {
    /// Whether a user who wrote this means it: `web`, `shop/web`, `Deployment/web` or `shop/Deployment/web`.
    #[must_use]
    pub fn is_named(&self, written: &str) -> bool {
        let Self { namespace, kind, workload, .. } = self;
        written == workload
            || written == format!("{namespace}/{workload}")
            || written.eq_ignore_ascii_case(&format!("{kind}/{workload}"))
            || written.eq_ignore_ascii_case(&format!("{namespace}/{kind}/{workload}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Replica;

    #[test]
    fn a_workload_is_named_with_or_without_its_kind_and_namespace() {
        let replica = Replica {
            namespace: "shop".to_owned(),
            kind: "Deployment".to_owned(),
            workload: "web".to_owned(),
            ..Replica::default()
        };
        for written in ["web", "shop/web", "deployment/web", "shop/Deployment/web"] {
            assert!(replica.is_named(written), "{written}");
        }
        for written in ["we", "web-1", "other/web", "StatefulSet/web", ""] {
            assert!(!replica.is_named(written), "{written}");
        }
    }
}
