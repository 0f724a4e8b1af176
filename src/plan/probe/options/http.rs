//! The options of an HTTP probe.

use super::checks::Checks;
use crate::error::{Error, Result};
use crate::plan::probe::http::{printable, token};
use crate::plan::probe::target::HttpUri;
use crate::plan::probe::{
    BodyCheck, BodyTest, ClientCertificate, Header, Http, JsonTest, Pattern, Request, StatusSet, Tls,
    Verification,
};

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

pub(super) fn http(uri: HttpUri, checks: &Checks<'_>) -> Result<Http> {
    let status = checks.one("status")?.map(|text| StatusSet::parse(&text)).transpose();
    let follow = checks.is_given("follow");
    if !uri.secure && !follow {
        checks.reject_tls_only("http://")?;
    }
    let (request, body) = (request(uri, checks)?, body_checks(checks)?);
    if request.method == "HEAD" && !body.is_empty() {
        return Err(Error::new(
            "--method HEAD requests no body, but --contains, --match and --json check it; write --method GET",
        ));
    }
    let status = status.map_err(|error| error.at("--status"))?.unwrap_or_default();
    Ok(Http { request, follow, status, body })
}

fn request(uri: HttpUri, checks: &Checks<'_>) -> Result<Request> {
    let at = |place: &'static str| move |error: Error| error.at(place);
    let body = checks.one("data")?.map(String::into_bytes);
    let method = checks.one("method")?.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.into());
    let headers = checks.all("header")?;
    let headers = headers.iter().map(|text| Header::parse(text)).collect::<Result<_>>();
    let host_header = checks.one("host-header")?.unwrap_or(uri.host_header);
    let mut request = Request {
        endpoint: uri.endpoint,
        secure: uri.secure,
        tls: tls(checks)?,
        host: uri.host,
        host_header: printable(&host_header).map_err(at("--host-header"))?,
        path: uri.path,
        method: token(&method).map_err(at("--method"))?,
        headers: headers.map_err(at("--header"))?,
        body,
    };
    if let Some(credentials) = checks.one("basic-auth")?.or(uri.userinfo) {
        request.add_credentials(&credentials);
    }
    if request.body.is_some() {
        request.add_missing("Content-Type", CONTENT_TYPE);
    }
    request.take_host_from_headers();
    Ok(request)
}

/// The settings of TLS, for gRPC too.
pub(super) fn tls(checks: &Checks<'_>) -> Result<Tls> {
    Ok(Tls { verification: verification(checks)?, client: client_certificate(checks)? })
}

fn verification(checks: &Checks<'_>) -> Result<Verification> {
    match (checks.is_given("insecure"), checks.one("cacert")?) {
        (true, Some(_)) => {
            Err(Error::new("--insecure skips verification, so --cacert has no effect; remove one"))
        }
        (true, None) => Ok(Verification::Off),
        (false, Some(file)) => Ok(Verification::CaFile(file.into())),
        (false, None) => Ok((checks.env)("SSL_CERT_FILE")
            .filter(|file| !file.is_empty())
            .map_or(Verification::SystemCas, |file| Verification::CaFile(file.into()))),
    }
}

fn client_certificate(checks: &Checks<'_>) -> Result<Option<ClientCertificate>> {
    match (checks.one("cert")?, checks.one("key")?) {
        (None, Some(_)) => Err(Error::new("--key needs --cert; add the certificate of this key")),
        (None, None) => Ok(None),
        (Some(cert), key) => {
            let key = key.unwrap_or_else(|| cert.clone()).into();
            Ok(Some(ClientCertificate { cert: cert.into(), key }))
        }
    }
}

/// The checks of the body in their order: a `--not` applies to the next one.
fn body_checks(checks: &Checks<'_>) -> Result<Vec<BodyCheck>> {
    let mut body = Vec::new();
    let mut negated = false;
    for (name, value) in &checks.found.given {
        if *name == "not" {
            if std::mem::replace(&mut negated, true) {
                return Err(Error::new("--not is given twice for one check"));
            }
            continue;
        }
        if !["contains", "match", "json"].contains(name) {
            continue;
        }
        let test =
            body_test(name, checks.expand(name, value)?).map_err(|error| error.at(&format!("--{name}")))?;
        body.push(BodyCheck { test, negated: std::mem::take(&mut negated) });
    }
    if negated {
        return Err(Error::new("--not must precede the --contains, --match or --json that it negates"));
    }
    Ok(body)
}

fn body_test(name: &str, value: String) -> Result<BodyTest> {
    if value.is_empty() {
        return Err(Error::new("the text is empty; write what the body must contain"));
    }
    match name {
        "match" => Pattern::parse(&value).map(BodyTest::Match),
        "json" => JsonTest::parse(&value).map(BodyTest::Json),
        _ => Ok(BodyTest::Contains(value)),
    }
}
