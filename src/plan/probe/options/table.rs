//! Every check, defined once: its line in the help.

use crate::options::options;

options! {
    pub(crate) CHECKS: "Checks:",
    STATUS: "      --status LIST              Healthy HTTP statuses (default 200-399)",
    CONTAINS: "      --contains TEXT...         Text that the first 10 KiB of the body must contain",
    MATCH: "      --match REGEX...           Regular expression that the first 10 KiB of the body must match",
    JSON: "      --json PATH=VALUE...       Value that a JSON body must have: status.db=UP, checks[0].ok=true",
    NOT: "      --not...                   Negate the next --contains, --match or --json",
    FOLLOW: "      --follow                   Follow up to 10 redirects to the same host; any other fails",
    METHOD: "      --method METHOD            Request method (default GET, or POST with --data)",
    HEADER: "      --header 'NAME: VALUE'...  Request header",
    DATA: "      --data TEXT                Request body",
    HOST_HEADER: "      --host-header HOST         Host header of the request, for a virtual host",
    BASIC_AUTH: "      --basic-auth USER:PASSWORD  Credentials for HTTP basic authentication",
    INSECURE: "      --insecure                 Skip TLS certificate verification",
    CACERT: "      --cacert FILE              Trust these PEM certificates (default the system's CA bundle)",
    CERT: "      --cert FILE                Client certificate in PEM",
    KEY: "      --key FILE                 Private key of the client certificate (default the file of --cert)",
    SEND: "      --send TEXT                Text to send to tcp:// or unix://: 'PING\\r\\n'; also \\t \\0 \\\\ \\xFF",
    EXPECT: "      --expect TEXT              Text that the first 10 KiB received must contain; same escapes",
    TIMEOUT: "      --timeout DURATION         Time limit for the whole probe, such as 5s",
}
