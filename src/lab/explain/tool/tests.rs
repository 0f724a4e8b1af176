use crate::lab::explain::filter::UNSUPPORTED_JQ;
use crate::lab::explain::{Explained, Kind, explain};

fn explained(line: &str) -> Explained {
    explain(line, Kind::Line).unwrap_or_else(|error| panic!("{line}: {error}")).remove(0)
}

/// The arguments of its only probe, or why there is none.
fn translated(line: &str) -> String {
    let explained = explained(line);
    match (explained.health_check, explained.probe_args.as_slice()) {
        (Ok(_), [args]) => args.join(" "),
        (Ok(_), several) => panic!("{line}: {several:?}"),
        (Err(why), _) => format!("none: {why}"),
    }
}

fn check(table: &[(&str, &str)]) {
    for (line, expected) in table {
        assert_eq!(translated(line), *expected, "{line}");
    }
}

#[test]
fn translates_curl() {
    check(&[
        ("curl -f localhost:8080", "http://localhost:8080"),
        ("curl -fsSL https://h/x", "https://h/x --follow"),
        ("curl -skfLo /dev/null http://h/", "http://h/ --follow --insecure"),
        ("curl -fk http://h/", "http://h/"),
        ("curl -fk --cacert a --cert c --key k https://h/", "https://h/ --cert c --key k --insecure"),
        ("curl -fk https://h/", "https://h/ --insecure"),
        ("curl -f -m ${T:-5} http://h/", "http://h/ --timeout ${T:-5}s"),
        ("curl -f -m3 http://h/ -o /dev/null", "http://h/ --timeout 3s"),
        ("curl --fail --max-time 0.5 --url http://h/", "http://h/ --timeout 500ms"),
        ("curl -fI http://h/", "http://h/ --method HEAD"),
        ("curl -f -H 'A: b' -u me:pw http://h/", "http://h/ --header A: b --basic-auth me:pw"),
        ("curl -f -X PUT -d x=1 http://h/", "http://h/ --method PUT --data x=1"),
        ("curl -f --unix-socket /run/a.sock http://localhost/h", "http+unix://%2Frun%2Fa.sock/h"),
        ("curl -f \"http://$HOST:${PORT:-80}/\"", "http://${HOST}:${PORT:-80}/"),
        ("curl -f \"$URL\"", "${URL}"),
        ("curl -f --foo http://h/", "none: curl --foo has no equivalent in hinit"),
        ("curl -fZ http://h/", "none: curl -Z has no equivalent in hinit"),
        ("curl -f ftp://h/", "none: it requests a ftp:// URL, which hinit does not support"),
        ("curl -f http://a http://b", "none: curl has 2 URLs, and its exit code is that of the last one"),
        ("curl -f -m", "none: the last option of curl has no value"),
        ("curl -f $(cat /url)", "none: an argument is the output of a command: $(cat /url)"),
        ("curl -f", "none: curl has no URL"),
        (
            "curl -f http://h:x/",
            "none: hinit would reject it: 'http://h:x/': 'x' is not a port; write a number from 1 to 65535",
        ),
        ("curl -fI -X OPTIONS http://h/", "http://h/ --method OPTIONS"),
        ("curl -fG -d a=b -d c http://h/x?y", "http://h/x?y&a=b&c"),
        ("curl -fL --max-redirs 0 http://h/", "http://h/ --status 200-299"),
        ("curl -fL --max-redirs 3 http://h/", "http://h/ --follow"),
        ("curl -f -A me http://h/", "http://h/ --header User-Agent: me"),
        ("curl -f http://h/{a,b}", "none: {} or [] in curl's URL stands for several URLs"),
        ("curl -f http://h/[1-2]", "none: {} or [] in curl's URL stands for several URLs"),
        ("curl -fg http://h/{a}", "http://h/{a}"),
        ("curl -f http://[::1]:8080/${A}", "http://[::1]:8080/${A}"),
        ("export P=1 && curl -f http://h:$P/", "http://h:1/"),
        ("cd /app && curl -f http://h/", "http://h/"),
        ("timeout -k 1 -s KILL 3s curl -f http://h/", "http://h/ --timeout 3s"),
        ("curl -f -d a=b -d c=d http://h/", "http://h/ --data a=b&c=d"),
        ("curl -f --data-raw @x http://h/", "http://h/ --data @x"),
        ("curl -f --data-binary @x http://h/", "none: curl reads the request body from a file"),
        (
            "curl -f -b a=b -e http://r/ http://h/",
            "http://h/ --header Cookie: a=b --header Referer: http://r/",
        ),
        (
            "curl -f --json {} http://h/",
            "http://h/ --header Content-Type: application/json --header Accept: application/json --data {}",
        ),
        ("busybox wget -qO- http://h/", "http://h/ --follow"),
        ("curl -f http://h/${A%x}", "none: it needs a shell to expand ${A%x}"),
    ]);
}

#[test]
fn translates_wget() {
    check(&[
        ("wget -qO- http://h/", "http://h/ --follow"),
        (
            "wget --quiet --tries=1 --spider https://h/ --no-check-certificate",
            "https://h/ --follow --insecure",
        ),
        ("wget -nv -t1 -T 5 -O /dev/null h:80/x", "http://h:80/x --timeout 5s --follow"),
        ("wget --header 'A: b' --post-data=x http://h/", "http://h/ --header A: b --data x --follow"),
        ("wget --no-cache --body-data x --method PUT h", "http://h --data x --method PUT --follow"),
        ("wget --certificate=c --private-key k https://h", "https://h --cert c --key k --follow"),
        ("wget --user u --password p http://h/", "http://h/ --basic-auth u:p --follow"),
        ("wget -q --max-redirect=0 -O- http://h/", "http://h/ --status 200-299"),
        ("wget -Y off -q -O- -U me http://h/", "http://h/ --header User-Agent: me --follow"),
        ("wget -Y on -q -O- http://h/", "none: it uses a proxy"),
        ("wget --mirror http://h/", "none: wget --mirror has no equivalent in hinit"),
        ("wget", "none: wget has no URL"),
    ]);
}

#[test]
fn translates_connects() {
    check(&[
        ("nc -z localhost 9000", "tcp://localhost:9000"),
        ("nc -zv -w 2 h 1", "tcp://h:1 --timeout 2s"),
        ("nc -zU /run/a.sock", "unix:///run/a.sock"),
        ("nc -zu h 53", "none: nc -zu is not a TCP client"),
        ("echo PING | nc -q1 h 1 | grep PONG", r"tcp://h:1 --send PING\n --expect PONG"),
        ("bash -c ':> /dev/tcp/h/80'", "tcp://h:80"),
        ("timeout 5 bash -c '</dev/tcp/h/$PORT'", "tcp://h:${PORT} --timeout 5s"),
        (
            r#"bash -c 'exec 3<>/dev/tcp/h/80; printf "GET /x HTTP/1.0\r\n\r\n" >&3; grep -q ok <&3'"#,
            "http://h:80/x --contains ok",
        ),
        (
            r#"bash -c 'exec 3<>/dev/tcp/h/80; echo -e "GET /x HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n" >&3; grep "200 OK" <&3'"#,
            "http://h:80/x --header Host: v --status 200",
        ),
        (r"printf 'GET / HTTP/1.0\r\n\r\n' | nc h 80 | grep 200", "http://h:80/ --status 200"),
        ("wait-for-it h:1", "tcp://h:1"),
        ("grpc_health_probe -addr=:5000 -service=a", "grpc://:5000/a"),
        (
            "grpc_health_probe -addr=:1 -tls -tls-no-verify -rpc-timeout 2s",
            "grpcs://:1 --insecure --timeout 2s",
        ),
        ("grpc_health_probe -addr=:1 -tls -tls-ca-cert=/ca", "grpcs://:1 --cacert /ca"),
    ]);
}

#[test]
fn translates_database_clients() {
    check(&[
        ("pg_isready", "postgres://:5432"),
        ("pg_isready -hdb -p 1 -U u -t 5 -q", "postgres://u@db:1 --timeout 5s"),
        ("pg_isready -U app -d shop", "postgres://app@:5432/shop"),
        ("pg_isready --username=app --host=::1 --dbname shop", "postgres://app@[::1]:5432/shop"),
        ("pg_isready -U 'a@b c' -d d/e", "postgres://a%40b%20c@:5432/d%2Fe"),
        (
            "pg_isready -U \"$POSTGRES_USER\" -d ${POSTGRES_DB}",
            "postgres://${POSTGRES_USER:-postgres}@:5432/${POSTGRES_DB:-postgres}",
        ),
        ("pg_isready -U ${PGUSER:-app}", "postgres://${PGUSER:-app}@:5432"),
        ("pg_isready -h $DB -p $PORT -U ${A}_b", "postgres://${A}_b@${DB}:${PORT}"),
        ("pg_isready -d postgres://u:p@db/x", "postgres://u@db:5432/x"),
        ("pg_isready -d postgresql://u@[::1]:7/x?sslmode=disable", "postgres://u@[::1]:7/x"),
        ("pg_isready -d 'host=db port=7 user=u dbname=x'", "postgres://u@db:7/x"),
        ("pg_isready -d $DATABASE_URL", "${DATABASE_URL}"),
        ("pg_isready -h /var/run/postgresql -U u", "postgres://u@%2Fvar%2Frun%2Fpostgresql:5432"),
        ("PGUSER=app PGHOST=db pg_isready -h other", "postgres://app@other:5432"),
        ("pg_isready -U $(cat /user) -d x", "postgres://:5432/x"),
        ("pg_isready --username=\"$(cat /user)\"", "postgres://:5432"),
        ("pg_isready -h $(cat /host)", "none: an argument is the output of a command: $(cat /host)"),
        ("redis-cli -a $P -p 7 ping | grep PONG", "redis://:7"),
        ("[ \"$(redis-cli ping)\" = PONG ]", "redis://:6379"),
        ("redis-cli info", "none: hinit sends only PING to Redis (redis-cli)"),
        ("mysqladmin -p$P ping -h 127.0.0.1 --silent", "mysql://127.0.0.1:3306"),
        ("mysqladmin ping -h localhost -uroot", "mysql://root@localhost:3306"),
        ("mysqladmin ping -h db -u $MYSQL_USER", "mysql://${MYSQL_USER:-root}@db:3306"),
        ("mariadb-admin --user=app ping", "mysql://app@:3306"),
        ("mysqladmin -u \"$(cat /u)\" ping", "mysql://:3306"),
        ("mysqladmin ping --password=\"$(cat /p)\" -P7", "mysql://:7"),
        ("mongosh --quiet --eval \"db.adminCommand('ping')\"", "mongodb://:27017"),
        ("rabbitmq-diagnostics -q ping", "amqp://:5672"),
        (
            "psql -c 'SELECT 1'",
            "none: psql queries the database as its own user; postgres:// checks only that the server accepts connections",
        ),
    ]);
}

#[test]
fn translates_python() {
    let urllib = "python -c 'import os, urllib.request as u; u.urlopen(";
    check(&[
        (&format!("{urllib}\"http://h/\", timeout=2)'"), "http://h/ --follow --timeout 2s"),
        (
            &format!("{urllib}\"http://h:\" + os.environ.get(\"PORT\", \"80\") + \"/\")'"),
            "http://h:${PORT:-80}/ --follow",
        ),
        (
            "python -c \"import os; urlopen(f'http://h:{os.environ[\\\"PORT\\\"]}/')\"",
            "http://h:${PORT}/ --follow",
        ),
        (&format!("{urllib}\"http://h/\").read()'"), "none: its script processes the response body"),
        ("python -c 'import requests as r; r.get(\"http://h/\").raise_for_status()'", "http://h/ --follow"),
        (
            "python -c 'import urllib.request as u; exit(0 if u.urlopen(\"http://h/\").getcode() == 200 else 1)'",
            "http://h/ --follow --status 200",
        ),
        ("python -c 'import os; urlopen(os.environ[\"URL\"] + \"/x\")'", "${URL}/x --follow"),
        (
            "python -c 'import requests,sys; sys.exit(0 if requests.get(\"http://h/\").status_code == 204 else 1)'",
            "http://h/ --follow --status 204",
        ),
        ("python -c 'import socket; socket.create_connection((\"h\", 80), 3)'", "tcp://h:80"),
        (
            "python -c 'import requests; requests.get(\"https://h/\", verify=False, allow_redirects=False).raise_for_status()'",
            "https://h/ --insecure",
        ),
        (
            "python -c 'import requests; requests.get(\"http://h/\", headers={\"A\": \"b\"}).raise_for_status()'",
            "none: its script sets headers, which explain does not support",
        ),
        (
            "python -c 'import requests; requests.get(\"https://h/\", verify=\"/ca\").raise_for_status()'",
            "none: its script configures certificate verification itself",
        ),
        (
            "python -c 'import requests; exit(1 if requests.get(\"http://h/\").status_code != 200 else 0)'",
            "http://h/ --follow --status 200",
        ),
        (
            "python -c 'import requests; exit(1 if requests.get(\"http://h/\").status_code == 500 else 0)'",
            "none: explain cannot determine which statuses its script accepts",
        ),
        (
            "python -c 'import requests; exit(requests.get(\"http://h/\").status_code == 200)'",
            "none: explain cannot determine which statuses its script accepts",
        ),
        ("python3 check.py", "none: it runs a script from the image"),
        (
            "python3 -c 'import os; os.remove(\"/x\")'",
            "none: its script has no client call that explain supports",
        ),
    ]);
}

#[test]
fn translates_node() {
    check(&[
        (
            "node -e \"fetch('http://h/').then(r=>process.exit(r.ok?0:1))\"",
            "http://h/ --follow --status 200-299",
        ),
        (
            "node -e \"fetch('http://h/').then(r => {if (r.status !== 204) throw new Error(r.status)})\"",
            "http://h/ --follow --status 204",
        ),
        (
            "node -e \"require('http').get({host:'h',port:1,path:'/x',timeout:2000},r=>{if(r.statusCode>=400)process.exit(1)})\"",
            "http://h:1/x --status 100-399 --timeout 2s",
        ),
        (
            "node -e \"fetch('http://h:'+(process.env.PORT||3000)+'/',{headers:{'X-A':'b'}}).then(r=>process.exit(r.ok?0:1))\"",
            "http://h:${PORT:-3000}/ --follow --status 200-299 --header X-A: b",
        ),
        (
            "node -e 'fetch(`http://h:${process.env.PORT}/`).then(r=>process.exit(r.status==200?1:0))'",
            "http://h:${PORT}/ --follow --status 100-199,201-599",
        ),
        ("node -e \"require('net').connect(80,'h',()=>process.exit(0))\"", "tcp://h:80"),
        (
            "node -e \"if (!(await fetch('http://h/')).ok) process.exit(1)\"",
            "http://h/ --follow --status 200-299",
        ),
        (
            "node -e \"fetch('http://h/').then(r=>{if(!(r.ok))throw 1})\"",
            "http://h/ --follow --status 200-299",
        ),
        (
            "node -e \"require('http').get('http://h/',r=>{if(!(r.statusCode===204))process.exit(1)})\"",
            "http://h/ --status 204",
        ),
        (
            "node -e \"require('https').get({host:'h',port:1,rejectUnauthorized:false},r=>process.exit(r.statusCode==200?0:1))\"",
            "https://h:1/ --insecure --status 200",
        ),
        (
            "node -e \"fetch('http://h/',{method:'HEAD',signal:AbortSignal.timeout(1000)}).then(r=>process.exit(r.ok?0:1))\"",
            "http://h/ --follow --method HEAD --status 200-299 --timeout 1s",
        ),
        (
            "node -e \"fetch('http://h/',{redirect:'error'}).then(r=>process.exit(r.ok?0:1))\"",
            "none: its script handles redirects itself",
        ),
        (
            "node -e \"fetch('http://h/').then(r=>r.json()).then(j=>process.exit(j.ok?0:1))\"",
            "none: its script processes the response body",
        ),
        ("node -e \"fetch(url)\"", "none: explain cannot determine which target its script connects to"),
        ("node health.js", "none: it runs a script from the image"),
    ]);
}

#[test]
fn translates_filters_of_a_response() {
    check(&[
        ("curl -s http://h/ | grep -q 'all \"fine\"'", "http://h/ --contains all \"fine\""),
        ("curl -s http://h/ | grep -E 'a|b'", "http://h/ --match a|b"),
        ("curl -s http://h/ | grep -F 'a|b'", "http://h/ --contains a|b"),
        ("curl -s http://h/ | grep 'a|b'", "http://h/ --contains a|b"),
        ("curl -s http://h/ | grep '\\(a\\|b\\).(c)'", "http://h/ --match (a|b).\\(c\\)"),
        ("curl -s http://h/ | grep -i up", "http://h/ --match (?i)up"),
        ("curl -s http://h/ | grep -vE 'red|DOWN'", "http://h/ --not --match red|DOWN"),
        ("nc h 1 | grep 'a.*b'", "none: it matches a regular expression against a response that is not HTTP"),
        ("curl -s http://h/ | grep 'a\\.b'", "http://h/ --contains a.b"),
        ("curl -sI http://h/ | head -n1 | grep 200", "http://h/ --method HEAD --status 200"),
        ("curl -sI http://h/ | grep 'HTTP/1.1 [24]'", "http://h/ --method HEAD --status 200-299,400-499"),
        (
            "curl -sI http://h/ | grep 'HTTP/2 '",
            "none: hinit has no option for its pattern of the status line",
        ),
        ("curl -s http://h/ | jq -e '.a.b == \"UP\"'", "http://h/ --json a.b=UP"),
        ("curl -s http://h/ | jq -e '.a==\"b\" and .c==\"d\"'", &format!("none: {UNSUPPORTED_JQ}")),
        ("curl -s http://h/ | jq -re '.a==1'", "http://h/ --json a=1"),
        ("curl -s http://h/ | grep -e a -e b", "http://h/ --match a|b"),
        ("curl -s http://h/ | grep -E -e a -e b", "http://h/ --match a|b"),
        ("curl -s http://h/ | grep -w up", r"http://h/ --match \b(?:up)\b"),
        ("curl -s http://h/ | grep --line-regexp up", "http://h/ --match (?m)^(?:up)$"),
        ("curl -s http://h/ | grep -i '^ok$'", "http://h/ --match (?im)^ok$"),
        ("curl -s http://h/ | grep '[^a]b'", "http://h/ --match [^a]b"),
        ("curl -s http://h/ | grep -qm 1 ok", "http://h/ --contains ok"),
        ("curl -s http://h/ | sed s/a/b/ | grep b", "none: hinit cannot check the output of sed"),
        ("curl -s http://h/ | tr -d ' ' | grep b", "none: hinit cannot check the output of tr"),
        ("curl -s http://h/ | head -1 | grep 200", "none: it searches only the first line of the body"),
        (
            "curl -s http://h/ | grep 'HTTP/1.1 200'",
            "none: it searches for the status line, which that output does not contain",
        ),
        ("curl -si http://h/ | grep '200 OK'", "http://h/ --status 200"),
        ("curl -sv http://h/ 2>&1 | grep '200 OK'", "http://h/ --status 200"),
        ("curl -s -D - -o /dev/null http://h/ | grep '200 OK'", "http://h/ --status 200"),
        ("curl -sv http://h/ | grep '200 OK'", "http://h/ --contains 200 OK"),
        ("curl -si http://h/ | grep '\"up\"'", "http://h/ --contains \"up\""),
        (
            "curl -si http://h/ | grep -i 'x-a: b'",
            "none: it searches the response headers, which hinit does not check",
        ),
        ("curl -si http://h/ | head -1 | grep -E '200|302'", "http://h/ --status 200,302"),
        ("curl -sI http://h/ | grep -E 'HTTP/1.[01] (200|302)'", "http://h/ --method HEAD --status 200,302"),
        (
            "curl -sI http://h/ | grep 'HTTP/1.1 200\\|HTTP/1.1 3..'",
            "http://h/ --method HEAD --status 200,300-399",
        ),
        ("wget --spider http://h/ 2>&1 | grep '200 OK'", "http://h/ --follow --status 200"),
        ("curl -s http://h/ | wat", "none: hinit cannot check the output of wat"),
    ]);
}

#[test]
fn translates_comparisons_of_a_status() {
    let curl = "curl -s -o /dev/null -w '%{http_code}' http://h/";
    check(&[
        (&format!("{curl} | grep -q 200"), "http://h/ --status 200"),
        (&format!("{curl} | grep -qE '^(200|302)$'"), "http://h/ --status 200,302"),
        (&format!("{curl} | grep -qE '200|302'"), "http://h/ --status 200,302"),
        (&format!("{curl} | grep -q '^2'"), "http://h/ --status 200-299"),
        (&format!("{curl} | grep -q 2"), "none: hinit has no option for its pattern of the status"),
        (&format!("test \"$({curl})\" = 200"), "http://h/ --status 200"),
        (&format!("[ $({curl}) -lt 400 ] || exit 1"), "http://h/ --status 100-399"),
        (
            &format!("[ $({curl}) != 500 ]"),
            "none: hinit has no option for this comparison of a command's output",
        ),
        (&format!("[ $({curl}) -ge 200 ]"), "http://h/ --status 200-599"),
        (&format!("[ $({curl}) -gt 199 ]"), "http://h/ --status 200-599"),
        ("[ \"$(curl -sf http://h/)\" = all.fine ]", r"http://h/ --match ^all\.fine\n*$"),
        (
            "[ \"$(curl -sf http://h/ | grep -c ok)\" = 1 ]",
            "none: hinit has no option for this comparison of a command's output",
        ),
        (
            "curl -s -w '%{http_code}' http://h/ | grep 200",
            "none: it searches the body and the output of curl's -w together",
        ),
        ("wget -S --spider http://h/ 2>&1 | grep '200 OK'", "http://h/ --follow --status 200"),
        (
            "curl -sI http://h/ | grep -q nginx",
            "none: it searches the response headers, which hinit does not check",
        ),
        (&format!("[ $({curl} | wc -c) -eq 3 ]"), "none: hinit cannot check the output of wc"),
        ("[ \"$(curl -sf http://h/ | jq -r .a.b)\" = ok ]", "http://h/ --json a.b=ok"),
        ("curl -sf http://h/ | jq -r .a | grep -q ok", "http://h/ --json a=ok"),
        (
            "curl -sf http://h/ | jq .a",
            "none: hinit's --json compares one value; only jq -e '.path == \"value\"' has an equivalent",
        ),
        ("[ \"$(echo ruok | nc h 1)\" = imok ]", r"tcp://h:1 --send ruok\n --expect imok"),
    ]);
}

#[test]
fn translates_tests_of_files() {
    check(&[
        ("test -d /a", "file:///a"),
        ("[ -S /run/a.sock ]", "unix:///run/a.sock"),
        ("test $(find /tmp/beat -mmin -2)", "file:///tmp/beat?max-age=2m"),
        ("[ -n \"$(find /tmp/beat -mmin -1)\" ]", "file:///tmp/beat?max-age=1m"),
        ("test -s /a", "none: hinit has no target for this test of files or strings"),
        ("ls /run/a", "file:///run/a"),
        ("ls /run/*.a", "none: hinit has no target for this test of files or strings"),
        ("test -f a", "none: it tests a file by a relative path"),
    ]);
}

#[test]
fn accepts_any_status_if_the_exit_code_does() {
    check(&[("curl -f http://h/ || [ $? -eq 22 ]", "http://h/ --status 100-599")]);
}

#[test]
fn gives_a_reason_if_there_is_no_equivalent() {
    for (line, why) in [
        ("exit 0", "it always passes"),
        ("false", "it always fails"),
        ("ps aux | grep [n]ginx", "finds a process by its name"),
        ("pgrep nginx", "finds a process by its name"),
        ("/healthcheck.sh", "a script from the image"),
        ("$CHECK", "is in a variable"),
        ("if a; then b; fi", "'if'"),
        ("! curl -f http://h/", "passes when its probe fails"),
        ("/hinit status", "already runs hinit"),
        ("redis-cli --tls ping", "uses TLS"),
    ] {
        let translated = translated(line);
        assert!(translated.starts_with("none: ") && translated.contains(why), "{line}: {translated}");
    }
}

#[test]
fn notes_what_it_cannot_carry() {
    for (line, note) in [
        ("pg_isready -U $(cat /user)", "hinit leaves out -U of pg_isready"),
        ("pg_isready --username=\"$(cat /user)\"", "hinit leaves out --username of pg_isready"),
        ("pg_isready -d postgres://db/x?sslmode=disable", "hinit leaves out ?sslmode=disable"),
        ("mysqladmin ping -h db -uroot -psecret", "hinit sends no password"),
        ("mysqladmin ping -h db --password=$P", "hinit sends no password"),
        ("mysqladmin ping -h db -u \"$(cat /u)\"", "hinit leaves out the user of mysqladmin"),
    ] {
        let notes = explained(line).notes;
        let found = notes.iter().any(|found| found.rule.id() == "not-carried" && found.text.contains(note));
        assert!(found, "{line}: {notes:?}");
    }
}

#[test]
fn keeps_the_user_behind_a_script_that_ignores_it() {
    let explained = explained("healthcheck: {test: [CMD-SHELL, pg_isready, -U, app]}");
    assert_eq!(explained.probe_args, [["postgres://app@:5432"]]);
    assert!(explained.notes[0].text.contains("'-U app' is ignored; the new line does what was intended"));
}

#[test]
fn keeps_the_names_of_compose_variables_in_a_database_url() {
    let line = "healthcheck: {test: [CMD-SHELL, 'pg_isready -U ${U:-app} -d $${D}']}";
    let expected = r#"test: ["CMD", "/hinit", "probe", "postgres://${U:-app}@:5432/$${D:-postgres}"]"#;
    assert_eq!(explained(line).health_check.as_deref(), Ok(expected));
}
