//! User specs: what is accepted is in range, and reads the same again.
#![no_main]

use hinit::testing::identity::spec::{HIGHEST_ID, Name, UserSpec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(spec) = UserSpec::parse(text) else { return };
    for name in std::iter::once(&spec.user).chain(&spec.group) {
        match name {
            Name::Id(id) => assert!(*id <= HIGHEST_ID),
            // Digits are never a name.
            Name::Text(name) => assert!(!name.bytes().all(|byte| byte.is_ascii_digit())),
        }
    }
    assert_eq!(spec.to_string(), text);
});
