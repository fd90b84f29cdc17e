//! Random JSON for tests.

use proptest::prelude::*;
use serde_json::Value;

/// Anything but lists, objects and fractions.
pub(crate) fn whole() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x7f]{0,8}".prop_map(Value::from),
    ]
    .boxed()
}

/// Lists and objects of leaves, with members of these names.
pub(crate) fn nested(leaf: BoxedStrategy<Value>, name: BoxedStrategy<String>) -> impl Strategy<Value = Value> {
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
