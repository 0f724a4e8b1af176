//! Images that everybody builds on: the STOPSIGNAL that they hand down, and
//! where they listen. Only what their Dockerfiles say is here.

/// The stop signal that an image hands down to what is built from it, unless it
/// is TERM.
pub(super) fn stop_signal(reference: &str) -> Option<&'static str> {
    let (name, tag) = name_and_tag(reference)?;
    if PHP_APPLICATIONS.contains(&name) {
        return php_variant(tag, Some("WINCH"));
    }
    match name {
        "php" => php_variant(tag, None),
        _ => STOP_SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, signal)| *signal),
    }
}

/// The target of the server in an image that listens where it always does.
pub(super) fn target(reference: &str) -> Option<&'static str> {
    let (name, tag) = name_and_tag(reference)?;
    let is_fpm = tag.split('-').any(|part| part == "fpm");
    if is_fpm && (name == "php" || PHP_APPLICATIONS.contains(&name)) {
        return Some("tcp://:9000");
    }
    if PHP_APPLICATIONS.contains(&name) || (name == "php" && tag.split('-').any(|part| part == "apache")) {
        return Some("http://:80/");
    }
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

const STOP_SIGNALS: [(&str, &str); 9] = [
    ("nginx", "QUIT"),
    ("nginxinc/nginx-unprivileged", "QUIT"),
    ("openresty/openresty", "QUIT"),
    ("kong", "QUIT"),
    ("httpd", "WINCH"),
    ("postgres", "INT"),
    ("postgis/postgis", "INT"),
    ("pgvector/pgvector", "INT"),
    ("haproxy", "USR1"),
];

/// Official images of applications, which are built from php's `apache` variant
/// unless their tag says `fpm` or `cli`.
const PHP_APPLICATIONS: [&str; 10] = [
    "wordpress",
    "drupal",
    "joomla",
    "nextcloud",
    "matomo",
    "mediawiki",
    "phpmyadmin",
    "yourls",
    "backdrop",
    "friendica",
];

const TARGETS: [(&str, &str); 17] = [
    ("nginx", "http://:80/"),
    ("nginxinc/nginx-unprivileged", "http://:8080/"),
    ("openresty/openresty", "http://:80/"),
    ("httpd", "http://:80/"),
    ("caddy", "http://:80/"),
    ("tomcat", "http://:8080/"),
    ("postgres", "postgres://:5432"),
    ("postgis/postgis", "postgres://:5432"),
    ("pgvector/pgvector", "postgres://:5432"),
    ("mysql", "mysql://:3306"),
    ("mariadb", "mysql://:3306"),
    ("redis", "redis://:6379"),
    ("valkey/valkey", "redis://:6379"),
    ("memcached", "memcached://:11211"),
    ("mongo", "mongodb://:27017"),
    ("rabbitmq", "amqp://:5672"),
    ("elasticsearch", "http://:9200/"),
];

/// The signal of php's variant in a tag such as `8.3-fpm-alpine`.
fn php_variant(tag: &str, default: Option<&'static str>) -> Option<&'static str> {
    if tag.contains('$') {
        return None;
    }
    match tag.split('-').find(|part| ["fpm", "apache", "cli", "zts"].contains(part)) {
        Some("fpm") => Some("QUIT"),
        Some("apache") => Some("WINCH"),
        Some(_) => None,
        None if tag == "cli" => None,
        None => default,
    }
}

/// Repositories under which the official images are found too.
const OFFICIAL: [&str; 7] = [
    "docker.io/library/",
    "index.docker.io/library/",
    "registry.hub.docker.com/library/",
    "public.ecr.aws/docker/library/",
    "mirror.gcr.io/library/",
    "docker.io/",
    "library/",
];

/// `nginx` and `1.27` of `docker.io/library/nginx:1.27@sha256:...`; an empty
/// tag without one, and nothing if the name is in a variable.
fn name_and_tag(reference: &str) -> Option<(&str, &str)> {
    let reference = reference.split('@').next()?;
    let reference = OFFICIAL.iter().find_map(|prefix| reference.strip_prefix(prefix)).unwrap_or(reference);
    let after_slash = reference.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match reference[after_slash..].find(':') {
        Some(at) => (&reference[..after_slash + at], &reference[after_slash + at + 1..]),
        None => (reference, ""),
    };
    (!name.contains('$')).then_some((name, tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_stop_signals_of_official_images() {
        for (reference, signal) in [
            ("nginx", Some("QUIT")),
            ("nginx:1.27-alpine", Some("QUIT")),
            ("docker.io/library/nginx:1@sha256:0123", Some("QUIT")),
            ("docker.io/nginxinc/nginx-unprivileged", Some("QUIT")),
            ("registry.example:5000/nginx", None),
            ("example/nginx", None),
            ("nginx:${V}", Some("QUIT")),
            ("${BASE}", None),
            ("php:8.3-fpm-alpine", Some("QUIT")),
            ("php:apache", Some("WINCH")),
            ("php:8-cli", None),
            ("php", None),
            ("php:$TAG", None),
            ("wordpress", Some("WINCH")),
            ("wordpress:php8.3-fpm", Some("QUIT")),
            ("wordpress:cli", None),
            ("httpd:2.4", Some("WINCH")),
            ("postgres:17", Some("INT")),
            ("haproxy:3.0", Some("USR1")),
            ("node:22", None),
        ] {
            assert_eq!(stop_signal(reference), signal, "{reference}");
        }
    }

    #[test]
    fn knows_where_official_images_listen() {
        for (reference, expected) in [
            ("postgres:17", Some("postgres://:5432")),
            ("php:8.3-fpm", Some("tcp://:9000")),
            ("php:8.3-apache", Some("http://:80/")),
            ("php:8.3", None),
            ("nextcloud:fpm", Some("tcp://:9000")),
            ("node:22", None),
        ] {
            assert_eq!(target(reference), expected, "{reference}");
        }
    }
}
