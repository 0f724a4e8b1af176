//! The status document, as `hinit status` reads it: what is accepted is
//! written and read the same again.
#![no_main]

use hinit::testing::status::document::Document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some(document) = Document::from_json(input) else { return };
    let again = Document::from_json(document.to_json().as_bytes());
    assert!(again.is_some(), "{document:?}");
    let Some(again) = again else { return };
    assert_eq!(again.to_json(), document.to_json());
});
