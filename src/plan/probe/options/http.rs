//! The options of an HTTP probe.

use super::checks::Checks;
use super::table;
use crate::error::{Error, Result};
use crate::options::OptionName;
use crate::plan::probe::http::{printable, token};
use crate::plan::probe::target::HttpUri;
use crate::plan::probe::{
    BodyCheck, BodyTest, ClientCertificate, Header, Http, JsonTest, Pattern, Request, StatusSet, Tls,
    Verification,
};

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

pub(super) fn http(uri: HttpUri, checks: &Checks<'_>) -> Result<Http> {
    let status = checks.one(table::STATUS)?.map(|text| StatusSet::parse(&text)).transpose();
    let follow = checks.is_given(table::FOLLOW);
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
    let body = checks.one(table::DATA)?.map(String::into_bytes);
    let method =
        checks.one(table::METHOD)?.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.into());
    let headers = checks.all(table::HEADER)?;
    let headers = headers.iter().map(|text| Header::parse(text)).collect::<Result<_>>();
    let host_header = checks.one(table::HOST_HEADER)?.unwrap_or(uri.host_header);
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
    if let Some(credentials) = checks.one(table::BASIC_AUTH)?.or(uri.userinfo) {
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
    match (checks.is_given(table::INSECURE), checks.one(table::CACERT)?) {
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
    match (checks.one(table::CERT)?, checks.one(table::KEY)?) {
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
    for &(name, ref value) in &checks.found.given {
        if name == table::NOT {
            if std::mem::replace(&mut negated, true) {
                return Err(Error::new("--not is given twice for one check"));
            }
            continue;
        }
        if ![table::CONTAINS, table::MATCH, table::JSON].contains(&name) {
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

fn body_test(name: OptionName, value: String) -> Result<BodyTest> {
    if value.is_empty() {
        return Err(Error::new("the text is empty; write what the body must contain"));
    }
    match name {
        table::MATCH => Pattern::parse(&value).map(BodyTest::Match),
        table::JSON => JsonTest::parse(&value).map(BodyTest::Json),
        _ => Ok(BodyTest::Contains(value)),
    }
}
