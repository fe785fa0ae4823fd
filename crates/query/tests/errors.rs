//! What an operator reads when a text is refused: place and reason.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::{Condition, GroupFilter, Query, QueryError};
use insta::assert_snapshot;

fn told<T>(texts: &[&str], parse: fn(&str) -> Result<T, QueryError>) -> String {
    let mut told = String::new();
    for text in texts {
        let answer = match parse(text) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => format!("{}:{} {}", error.line, error.column, error.message),
        };
        told.push_str(&format!("[{}]\n    {answer}\n", text.replace('\n', "\\n")));
    }
    told
}

#[test]
fn the_whole_text_begins_as_the_services() {
    let error = Condition::parse("deviceId = 'bare' status").unwrap_err();
    assert_snapshot!(error, @r#"SQL query parse failed due to following errors: 1:19 expected AND, OR or the end of the condition, found 'status'"#);
}

#[test]
fn conditions() {
    assert_snapshot!(told(&[
        "",
        "  \n ",
        "SELECT * FROM devices WHERE deviceId = 'bare'",
        "where deviceId = 'a'",
        "FROM devices.modules WHERE moduleId = 'x'",
        "* AND true",
        "tags.a = 1 AND *",
        "deviceId = 'bare' status",
        "deviceId = 'a",
        "deviceId IN ['MyDevice1]",
        "5",
        "1 + tags.a",
        "(deviceId = 'a'",
        "deviceId = 'a')",
        "deviceId =\n  'a' AND\n  AND tags.x = 1",
        "deviceId = 'a' AND",
        "NOT",
        "()",
    ], Condition::parse), @r#"
    []
        1:1 the condition is empty; write * for every device
    [  \n ]
        2:2 the condition is empty; write * for every device
    [SELECT * FROM devices WHERE deviceId = 'bare']
        1:1 a condition is only the text after WHERE of a query on devices, without SELECT, FROM or WHERE; write * for every device
    [where deviceId = 'a']
        1:1 a condition is only the text after WHERE of a query on devices, without SELECT, FROM or WHERE; write * for every device
    [FROM devices.modules WHERE moduleId = 'x']
        1:1 a condition is only the text after WHERE of a query on devices, without SELECT, FROM or WHERE; write * for every device
    [* AND true]
        1:1 * means every device and must stand alone
    [tags.a = 1 AND *]
        1:16 expected a path, a constant, a function or '(', found '*'
    [deviceId = 'bare' status]
        1:19 expected AND, OR or the end of the condition, found 'status'
    [deviceId = 'a]
        1:12 the string that begins here has no closing '
    [deviceId IN ['MyDevice1]]
        1:14 the string that begins here has no closing '
    [5]
        1:1 the condition can never be true or false; compare the value with something
    [1 + tags.a]
        1:1 the condition can never be true or false; compare the value with something
    [(deviceId = 'a']
        1:16 expected ')', found the end of the text
    [deviceId = 'a')]
        1:15 expected AND, OR or the end of the condition, found ')'
    [deviceId =\n  'a' AND\n  AND tags.x = 1]
        3:3 expected a path, a constant, a function or '(' (a name that is a reserved word stands in [[ ]]), found 'AND'
    [deviceId = 'a' AND]
        1:19 expected a path, a constant, a function or '(', found the end of the text
    [NOT]
        1:4 expected a path, a constant, a function or '(', found the end of the text
    [()]
        1:2 expected a path, a constant, a function or '(', found ')'
    "#);
}

#[test]
fn operators() {
    assert_snapshot!(told(&[
        "deviceId == 'a'",
        "deviceId IN ('a', 'b')",
        "deviceId NIN 'a'",
        "deviceId IN []",
        "deviceId IN ['a',]",
        "deviceId IN ['a' 'b']",
        "deviceId IN [tags.x]",
        "deviceId IN [-'a']",
        "deviceId IN [['a']]",
        "deviceId NOT IN ['a']",
        "1 < tags.a < 3",
        "tags.a = NOT true",
        "tags.a LIKE 'x%'",
        "tags.a BETWEEN 1 AND 2",
        "tags.a IS NULL",
        "tags.a && tags.b",
        "tags.a || | 'x'",
        "tags.a ?? 1 = 1",
        "!tags.a",
        "tags.a = 1;",
        "tags.a = `x`",
        "tags.a = “x”",
        "tags.a ~ 1",
        "tags.a = 'it''s'",
        r"tags.a = 'C:\new'",
        r"tags.a = '\u12'",
        "tags.a = 1e999",
        "tags.a = 12abc",
        "tags.a = 0x",
        "[1, 2]",
        "COUNT() > 1",
        "tags.a IN (SELECT * FROM devices)",
        "(SELECT 1)",
    ], Condition::parse), @r#"
    [deviceId == 'a']
        1:10 == is not an operator; use =
    [deviceId IN ('a', 'b')]
        1:13 IN takes its list in square brackets: IN ['a', 'b']
    [deviceId NIN 'a']
        1:14 expected '[' and a list of constants after NIN, found the string 'a'
    [deviceId IN []]
        1:14 the list of IN needs at least one constant
    [deviceId IN ['a',]]
        1:18 expected a constant in the list of IN, found ']'
    [deviceId IN ['a' 'b']]
        1:18 expected ',' or ']' in the list of IN, found the string 'b'
    [deviceId IN [tags.x]]
        1:14 expected a constant in the list of IN, found 'tags'
    [deviceId IN [-'a']]
        1:15 expected a constant in the list of IN, found the string 'a'
    [deviceId IN [['a']]]
        1:13 [[ ]] encloses a name; write the list as IN ['a', 'b']
    [deviceId NOT IN ['a']]
        1:10 NOT stands in front of a comparison; for a list write NIN
    [1 < tags.a < 3]
        1:12 comparisons do not chain; join them with AND, or use brackets
    [tags.a = NOT true]
        1:10 NOT is looser than operators and comparisons; put brackets around (NOT …)
    [tags.a LIKE 'x%']
        1:8 LIKE is not supported; use STARTSWITH or ENDSWITH
    [tags.a BETWEEN 1 AND 2]
        1:8 BETWEEN is not supported; use >= and <=
    [tags.a IS NULL]
        1:8 IS NULL is not supported; use x = null, or NOT IS_DEFINED(x) for a path that does not exist
    [tags.a && tags.b]
        1:8 && is not an operator; use AND
    [tags.a || | 'x']
        1:11 | is not an operator; use OR, or || to join strings
    [tags.a ?? 1 = 1]
        1:8 ?? is not an operator here
    [!tags.a]
        1:1 ! is not an operator; use NOT, or != for "is not"
    [tags.a = 1;]
        1:11 a statement has no terminator; remove the ;
    [tags.a = `x`]
        1:10 strings stand in ' or ", not in `
    [tags.a = “x”]
        1:10 strings stand in ' or ", not in “
    [tags.a ~ 1]
        1:8 unexpected character '~'
    [tags.a = 'it''s']
        1:14 expected AND, OR or the end of the condition, found the string 's'
    [tags.a = 'C:\new']
        1:13 the escapes in a string are \' \" \\ and \uXXXX; write \\ for a backslash
    [tags.a = '\u12']
        1:11 \u takes four hexadecimal digits and must name a character
    [tags.a = 1e999]
        1:10 the number is too large for a double
    [tags.a = 12abc]
        1:10 a number must not run into a name; put a space between them
    [tags.a = 0x]
        1:10 hexadecimal digits are missing after 0x
    [[1, 2]]
        1:1 a list can only stand after IN or NIN; a name with special characters stands in [[ ]]
    [COUNT() > 1]
        1:1 aggregates can only stand in the select list; a name of a path stands in [[ ]]
    [tags.a IN (SELECT * FROM devices)]
        1:11 IN takes its list in square brackets: IN ['a', 'b']
    [(SELECT 1)]
        1:2 a SELECT inside a condition is not supported
    "#);
}

#[test]
fn paths_and_functions() {
    assert_snapshot!(told(&[
        "tags.group = 'US'",
        "group = 1",
        "tags. = 1",
        "tags.1 = 1",
        "tags.a[x] = 1",
        "tags.a[-1] = 1",
        "tags.a[1.5] = 1",
        "tags.a[0 = 1",
        "tags.[[a] = 1",
        "tags.'a' = 1",
        "STARTS_WITH(deviceId, 'test')",
        "CONTAINS(deviceId, 'o')",
        "LOWER(deviceId) = 'a'",
        "FROBNICATE(1)",
        "IS_DEFINED()",
        "is_defined(tags.a, tags.b)",
        "STARTSWITH(deviceId)",
        "STARTSWITH(deviceId, 'a'",
        "STARTSWITH(deviceId 'a')",
        "[[IS_DEFINED]](tags.a)",
    ], Condition::parse), @r#"
    [tags.group = 'US']
        1:6 'group' is a reserved word; as a name in a path write [[group]]
    [group = 1]
        1:1 expected a path, a constant, a function or '(' (a name that is a reserved word stands in [[ ]]), found 'group'
    [tags. = 1]
        1:7 expected a name after the dot, in [[ ]] if it is no plain identifier, found '='
    [tags.1 = 1]
        1:6 expected a name after the dot, in [[ ]] if it is no plain identifier, found '1'
    [tags.a[x] = 1]
        1:8 expected the number of an element, from 0; a name stands in [[ ]], found 'x'
    [tags.a[-1] = 1]
        1:8 expected the number of an element, from 0; a name stands in [[ ]], found '-'
    [tags.a[1.5] = 1]
        1:8 expected the number of an element, from 0; a name stands in [[ ]], found '1.5'
    [tags.a[0 = 1]
        1:10 expected ']' after the number of an element, found '='
    [tags.[[a] = 1]
        1:6 a name in [[ ]] has no closing ]]
    [tags.'a' = 1]
        1:6 expected a name after the dot, in [[ ]] if it is no plain identifier, found the string 'a'
    [STARTS_WITH(deviceId, 'test')]
        1:1 STARTS_WITH is the spelling of message routing; here write STARTSWITH
    [CONTAINS(deviceId, 'o')]
        1:1 CONTAINS is a function of message routing only; here use STARTSWITH, ENDSWITH, or ARRAY_CONTAINS for arrays
    [LOWER(deviceId) = 'a']
        1:1 LOWER is a function of message routing only
    [FROBNICATE(1)]
        1:1 there is no function FROBNICATE; the functions are IS_DEFINED, STARTSWITH, ENDSWITH, ARRAY_CONTAINS, IS_NULL, IS_BOOL, IS_NUMBER, IS_STRING, IS_OBJECT, IS_ARRAY, IS_PRIMITIVE
    [IS_DEFINED()]
        1:1 IS_DEFINED takes one argument, not 0
    [is_defined(tags.a, tags.b)]
        1:1 IS_DEFINED takes one argument, not 2
    [STARTSWITH(deviceId)]
        1:1 STARTSWITH takes 2 arguments, not 1
    [STARTSWITH(deviceId, 'a']
        1:25 expected ',' or ')', found the end of the text
    [STARTSWITH(deviceId 'a')]
        1:21 expected ',' or ')', found the string 'a'
    [[[IS_DEFINED]](tags.a)]
        1:15 expected AND, OR or the end of the condition, found '('
    "#);
}

#[test]
fn statements() {
    assert_snapshot!(told(&[
        "",
        "FROM devices WHERE status = 'enabled'",
        "SELECT *",
        "SELECT FROM devices",
        "SELECT , FROM devices",
        "SELECT *, deviceId FROM devices",
        "SELECT deviceId status FROM devices",
        "SELECT 'a' FROM devices",
        "SELECT 1 + 1 FROM devices",
        "SELECT DISTINCT status FROM devices",
        "SELECT TOP * FROM devices",
        "SELECT TOP -1 * FROM devices",
        "SELECT TOP 1.5 * FROM devices",
        "SELECT TOP 99999999999999999999 * FROM devices",
        "SELECT COUNT(*) FROM devices",
        "SELECT COUNT(tags.a) FROM devices",
        "SELECT COUNT FROM devices",
        "SELECT SUM() FROM devices",
        "SELECT AVG(1 + 1) FROM devices",
        "SELECT IS_DEFINED(tags.a) FROM devices",
        "SELECT deviceId AS FROM devices",
        "SELECT deviceId AS 'x' FROM devices",
        "SELECT * FROM twins",
        "SELECT * FROM devices.twins",
        "SELECT * FROM devices d",
        "SELECT * FROM devices AS d",
        "SELECT * FROM devices, devices.modules",
        "SELECT * FROM devices JOIN devices.modules",
        "SELECT * FROM devices ORDER BY deviceId",
        "SELECT * FROM devices WHERE true ORDER BY deviceId",
        "SELECT * FROM devices WHERE",
        "SELECT * FROM devices WHERE true WHERE false",
        "SELECT * FROM devices LIMIT 5",
        "SELECT * FROM devices WHERE tags.a = 1 OFFSET 5",
        "SELECT * FROM devices;",
        "SELECT * FROM devices)",
        "SELECT status FROM devices GROUP status",
        "SELECT status FROM devices GROUP BY",
        "SELECT status FROM devices GROUP BY status HAVING COUNT() > 1",
        "SELECT status FROM devices GROUP BY status WHERE true",
    ], Query::parse), @r#"
    []
        1:1 expected SELECT, found the end of the text
    [FROM devices WHERE status = 'enabled']
        1:1 expected SELECT, found 'FROM'
    [SELECT *]
        1:9 expected ',' or FROM after the select list, found the end of the text
    [SELECT FROM devices]
        1:8 expected a select list: *, paths or aggregates, found 'FROM'
    [SELECT , FROM devices]
        1:8 expected a select list: *, paths or aggregates, found ','
    [SELECT *, deviceId FROM devices]
        1:9 * stands alone in a select list
    [SELECT deviceId status FROM devices]
        1:17 expected ',' or FROM after the select list, found 'status'
    [SELECT 'a' FROM devices]
        1:8 expected a select list: *, paths or aggregates, found the string 'a'
    [SELECT 1 + 1 FROM devices]
        1:8 expected a select list: *, paths or aggregates, found '1'
    [SELECT DISTINCT status FROM devices]
        1:8 DISTINCT is not supported; use GROUP BY
    [SELECT TOP * FROM devices]
        1:12 expected a whole number of rows after TOP, found '*'
    [SELECT TOP -1 * FROM devices]
        1:12 expected a whole number of rows after TOP, found '-'
    [SELECT TOP 1.5 * FROM devices]
        1:12 expected a whole number of rows after TOP, found '1.5'
    [SELECT TOP 99999999999999999999 * FROM devices]
        1:12 expected a whole number of rows after TOP, found '99999999999999999999'
    [SELECT COUNT(*) FROM devices]
        1:14 COUNT takes nothing: write COUNT()
    [SELECT COUNT(tags.a) FROM devices]
        1:14 COUNT takes nothing: write COUNT()
    [SELECT COUNT FROM devices]
        1:14 expected '()' after COUNT (a name that is a reserved word stands in [[ ]]), found 'FROM'
    [SELECT SUM() FROM devices]
        1:12 expected a path, found ')'
    [SELECT AVG(1 + 1) FROM devices]
        1:12 expected a path, found '1'
    [SELECT IS_DEFINED(tags.a) FROM devices]
        1:8 the functions of a select list are COUNT, AVG, SUM, MIN and MAX
    [SELECT deviceId AS FROM devices]
        1:20 expected a name after AS, in [[ ]] if it is no plain identifier, found 'FROM'
    [SELECT deviceId AS 'x' FROM devices]
        1:20 expected a name after AS, in [[ ]] if it is no plain identifier, found the string 'x'
    [SELECT * FROM twins]
        1:15 expected devices, devices.modules or devices.jobs after FROM, found 'twins'
    [SELECT * FROM devices.twins]
        1:23 expected devices, devices.modules or devices.jobs after FROM, found 'twins'
    [SELECT * FROM devices d]
        1:23 a collection has no alias; expected WHERE, GROUP BY or the end of the query, found 'd'
    [SELECT * FROM devices AS d]
        1:23 a collection has no alias
    [SELECT * FROM devices, devices.modules]
        1:22 a query reads one collection
    [SELECT * FROM devices JOIN devices.modules]
        1:23 JOIN is not supported; a query reads one collection
    [SELECT * FROM devices ORDER BY deviceId]
        1:23 ORDER BY is not supported; rows come in no particular order
    [SELECT * FROM devices WHERE true ORDER BY deviceId]
        1:34 ORDER BY is not supported; rows come in no particular order
    [SELECT * FROM devices WHERE]
        1:28 expected a path, a constant, a function or '(', found the end of the text
    [SELECT * FROM devices WHERE true WHERE false]
        1:34 WHERE stands once, after FROM and before GROUP BY
    [SELECT * FROM devices LIMIT 5]
        1:23 LIMIT and OFFSET are not supported; use SELECT TOP n and paging
    [SELECT * FROM devices WHERE tags.a = 1 OFFSET 5]
        1:40 LIMIT and OFFSET are not supported; use SELECT TOP n and paging
    [SELECT * FROM devices;]
        1:22 a statement has no terminator; remove the ;
    [SELECT * FROM devices)]
        1:22 expected WHERE, GROUP BY or the end of the query, found ')'
    [SELECT status FROM devices GROUP status]
        1:34 expected BY after GROUP, found 'status'
    [SELECT status FROM devices GROUP BY]
        1:36 expected a path, found the end of the text
    [SELECT status FROM devices GROUP BY status HAVING COUNT() > 1]
        1:44 HAVING is not supported
    [SELECT status FROM devices GROUP BY status WHERE true]
        1:44 WHERE stands once, after FROM and before GROUP BY
    "#);
}

#[test]
fn rules_between_clauses() {
    assert_snapshot!(told(&[
        "SELECT deviceId FROM devices.jobs WHERE jobId = 'j'",
        "SELECT COUNT() AS n FROM devices.jobs",
        "SELECT * FROM devices.jobs GROUP BY status",
        "SELECT * FROM devices GROUP BY status",
        "SELECT status, deviceId, COUNT() AS n FROM devices GROUP BY status",
        "SELECT status, COUNT() FROM devices",
        "SELECT tags.a FROM devices GROUP BY tags.A",
        "SELECT Status, COUNT() FROM devices GROUP BY devices.STATUS",
    ], Query::parse), @r#"
    [SELECT deviceId FROM devices.jobs WHERE jobId = 'j']
        1:8 only SELECT * is supported for devices.jobs
    [SELECT COUNT() AS n FROM devices.jobs]
        1:8 only SELECT * is supported for devices.jobs
    [SELECT * FROM devices.jobs GROUP BY status]
        1:28 GROUP BY is not supported for devices.jobs; only SELECT * is
    [SELECT * FROM devices GROUP BY status]
        1:8 SELECT * does not go with GROUP BY; list the grouped paths and aggregates
    [SELECT status, deviceId, COUNT() AS n FROM devices GROUP BY status]
        1:16 a path must also stand in GROUP BY, or be aggregated
    [SELECT status, COUNT() FROM devices]
        1:8 a path must also stand in GROUP BY, or be aggregated
    [SELECT tags.a FROM devices GROUP BY tags.A]
        1:8 a path must also stand in GROUP BY, or be aggregated
    [SELECT Status, COUNT() FROM devices GROUP BY devices.STATUS]
        accepted
    "#);
    let text = format!("SELECT * FROM devices WHERE deviceId = '{}'", "é".repeat(8192 - 41));
    assert!(Query::parse(&text).is_ok(), "exactly the limit, in characters");
    let error = Query::parse(&format!("{text} ")).unwrap_err();
    assert_snapshot!(error, @r#"SQL query parse failed due to following errors: 1:8193 the query is longer than 8192 characters"#);
}

#[test]
fn group_filters() {
    assert_snapshot!(told(&[
        "",
        "*",
        "SELECT $id FROM devices",
        "SELECT * FROM",
        "SELECT * FROM 'dtmi:a;1'",
        "SELECT * FROM devices AND $id = 'a'",
        "SELECT * FROM devices WHERE",
        "SELECT * FROM devices WHERE $colour = 1",
        "SELECT * FROM devices WHERE $id IN ['a']",
        "SELECT * FROM devices WHERE $id = 'a' AND ($id = 'b' OR $id = 'c')",
        "SELECT * FROM devices WHERE NOT $id = 'a'",
        "SELECT * FROM devices WHERE $id = ('a')",
        "SELECT * FROM devices WHERE $id = 'a' AND a = 1 OR b = 2",
        "SELECT * FROM devices WHERE a = 1 OR b = 2 AND c = 3",
        "SELECT * FROM devices WHERE a = b",
        "SELECT * FROM devices WHERE a = null",
        "SELECT * FROM devices WHERE a + 1 = 2",
        "SELECT * FROM devices WHERE a = 1 + 1",
        "SELECT * FROM devices WHERE a",
        "SELECT * FROM devices WHERE a.b.c = 1",
        "SELECT * FROM devices WHERE a[0] = 1",
        "SELECT * FROM devices WHERE IS_DEFINED(a)",
        "SELECT * FROM devices WHERE 1 = a",
        "SELECT * FROM devices WHERE a == 1",
        "SELECT * FROM devices ORDER BY $id",
    ], GroupFilter::parse), @r#"
    []
        1:1 expected SELECT, found the end of the text
    [*]
        1:1 expected SELECT, found '*'
    [SELECT $id FROM devices]
        1:8 expected * (a device group filter selects whole devices), found '$id'
    [SELECT * FROM]
        1:14 expected devices or the id of a device template after FROM, found the end of the text
    [SELECT * FROM 'dtmi:a;1']
        1:15 after FROM stands devices or the id of a device template, without quotes
    [SELECT * FROM devices AND $id = 'a']
        1:23 expected WHERE or the end of the filter, found 'AND'
    [SELECT * FROM devices WHERE]
        1:28 expected the name of a property, or $id, $displayName, $template, $provisioned, $simulated, $enabled, found the end of the text
    [SELECT * FROM devices WHERE $colour = 1]
        1:29 there is no $colour; the names are $id, $displayName, $template, $provisioned, $simulated, $enabled
    [SELECT * FROM devices WHERE $id IN ['a']]
        1:33 IN is not supported in a device group filter; join comparisons with OR
    [SELECT * FROM devices WHERE $id = 'a' AND ($id = 'b' OR $id = 'c')]
        1:43 the filter is not valid because a device group filter can only reference properties and cannot contain nested conditions
    [SELECT * FROM devices WHERE NOT $id = 'a']
        1:29 the filter is not valid because a device group filter can only reference properties and cannot contain nested conditions
    [SELECT * FROM devices WHERE $id = ('a')]
        1:35 the filter is not valid because a device group filter can only reference properties and cannot contain nested conditions
    [SELECT * FROM devices WHERE $id = 'a' AND a = 1 OR b = 2]
        1:49 a device group filter joins its conditions with AND only or with OR only
    [SELECT * FROM devices WHERE a = 1 OR b = 2 AND c = 3]
        1:44 a device group filter joins its conditions with AND only or with OR only
    [SELECT * FROM devices WHERE a = b]
        1:33 expected a string, a number, true or false, found 'b'
    [SELECT * FROM devices WHERE a = null]
        1:33 a property is compared with a string, a number, true or false
    [SELECT * FROM devices WHERE a + 1 = 2]
        1:31 expected a comparison: = != <> < <= > >=, found '+'
    [SELECT * FROM devices WHERE a = 1 + 1]
        1:35 expected AND, OR or the end of the filter, found '+'
    [SELECT * FROM devices WHERE a]
        1:30 expected a comparison: = != <> < <= > >=, found the end of the text
    [SELECT * FROM devices WHERE a.b.c = 1]
        1:32 a property is written name or component.name
    [SELECT * FROM devices WHERE a[0] = 1]
        1:30 expected a comparison: = != <> < <= > >=, found '['
    [SELECT * FROM devices WHERE IS_DEFINED(a)]
        1:39 a device group filter has no functions
    [SELECT * FROM devices WHERE 1 = a]
        1:29 expected the name of a property, or $id, $displayName, $template, $provisioned, $simulated, $enabled, found '1'
    [SELECT * FROM devices WHERE a == 1]
        1:31 == is not an operator; use =
    [SELECT * FROM devices ORDER BY $id]
        1:23 expected WHERE or the end of the filter, found 'ORDER'
    "#);
}
