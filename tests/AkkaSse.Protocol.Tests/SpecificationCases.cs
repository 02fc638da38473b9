using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

/// <summary>
/// The examples of WHATWG HTML 9.2 and the shapes its rules speak of, by name. Lines end in LF here; the tests vary that.
/// </summary>
internal static class SpecificationCases
{
    private static readonly string Long = new('x', 2000);

    public static readonly IReadOnlyDictionary<string, (string Stream, string[] Items)> All = new Dictionary<string, (string, string[])>
    {
        ["three messages of the introduction"] = (
            "data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\n"
            + "data: This is the third message.\n\n",
            [E("This is the first message."), E("This is the second message, it\nhas two lines."),
                E("This is the third message."), "last="]),
        ["typed messages of the introduction"] = (
            "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
            [E("73857293", "add"), E("2153", "remove"), E("113411", "add"), "last="]),
        ["stock ticker"] = ("data: YHOO\ndata: +2\ndata: 10\n\n", [E("YHOO\n+2\n10"), "last="]),
        ["four blocks, the last unterminated"] = (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            [C("test stream"), E("first event", id: "1"), E("second event", id: ""), "last="]),
        ["four blocks, all terminated"] = (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [C("test stream"), E("first event", id: "1"), E("second event", id: ""), E(" third event"), "last="]),
        ["empty data, one newline, discarded tail"] = ("data\n\ndata\ndata\n\ndata:", [E(""), E("\n"), "last="]),
        ["with and without the space"] = ("data:test\n\ndata: test\n\n", [E("test"), E("test"), "last="]),
        ["empty stream"] = ("", ["last="]),
        ["blank lines only"] = ("\n\n\n\n", ["last="]),
        ["comments only"] = (":\n: \n::\n: a:b\n:  two\n\n", [C(""), C(""), C(":"), C("a:b"), C(" two"), "last="]),
        ["comments inside an event"] = (
            $"data:1\n:\0\n:\ndata:2\n:{Long}\ndata:3\n:data:fail\n:{Long}\ndata:4\n\n",
            [C("\0"), C(""), C(Long), C("data:fail"), C(Long), E("1\n2\n3\n4"), "last="]),
        ["field parsing"] = (
            "data:\0\ndata:  2\nData:1\ndata\0:2\ndata:1\n\0data:4\nda-ta:3\ndata_5\ndata:3\ndata:\n data:32\ndata:4\n\n",
            [E("\0\n 2\n1\n3\n\n4", null, null, "", null,
                ("Data", "1"), ("data\0", "2"), ("\0data", "4"), ("da-ta", "3"), ("data_5", ""), (" data", "32")), "last="]),
        ["leading space"] = ("data:\ttest\ndata: \ndata:test\n\n", [E("\ttest\n\ntest"), "last="]),
        ["data beginning with a colon"] = ("data::x\n\ndata: :y\n\n", [E(":x"), E(":y"), "last="]),
        ["NUL in data"] = ("data:\0\n\n\n\n", [E("\0"), "last="]),
        ["space before the colon is part of the name"] = (
            "data : x\n\ndata : x\ndata: y\n\n",
            [E("y", null, null, "", null, ("data ", "x")), "last="]),
        ["byte order mark once"] = (
            "\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n", [E("1"), E("3"), "last="]),
        ["two byte order marks"] = ("\uFEFF\uFEFFdata:1\n\ndata:2\n\n", [E("2"), "last="]),
        ["byte order mark alone"] = ("\uFEFF", ["last="]),
        ["byte order mark, then blank line"] = ("\uFEFF\ndata: a\n\n", [E("a"), "last="]),
        ["event type resets after dispatch"] = ("event:test\ndata:x\n\ndata:x\n\n", [E("x", "test"), E("x"), "last="]),
        ["event type resets without dispatch"] = ("event: foo\n\ndata: x\n\n", [E("x"), "last="]),
        ["empty event type is none"] = ("event: \ndata:data\n\n", [E("data"), "last="]),
        ["last event type wins, also an empty one"] = (
            "event:a\nevent:b\ndata:1\n\nevent:a\nevent\ndata:2\n\n", [E("1", "b"), E("2"), "last="]),
        ["last id wins"] = ("id: 1\nid: 2\ndata: x\n\n", [E("x", id: "2"), "last=2"]),
        ["id persists"] = ("id: 1\ndata: a\n\ndata: b\n\n", [E("a", id: "1"), E("b", null, null, "1"), "last=1"]),
        ["id-only block counts without dispatch"] = ("id: 7\n\ndata: a\n\n", [E("a", null, null, "7"), "last=7"]),
        ["empty id resets"] = ("id: 7\ndata: a\n\nid\n\ndata: b\n\n", [E("a", id: "7"), E("b"), "last="]),
        ["id with NUL is ignored"] = ("id: 7\n\nid: 8\0\ndata: a\n\n", [E("a", null, null, "7"), "last=7"]),
        ["id of an unfinished event does not count"] = ("id: 6\ndata: a\n\nid: 7\ndata: par", [E("a", id: "6"), "last=6"]),
        ["retry alone and in an event"] = (
            "retry: 3000\n\nretry:5\ndata: x\n\ndata: y\n\n", [R(3000), R(5), E("x", retry: 5), E("y"), "last="]),
        ["retry that is not digits is ignored"] = (
            "retry: -1\nretry: +3\nretry: 1a\nretry:\nretry\nretry:  1\nretry: 1 \nretry: 0x5\nretry: 1.5\ndata: x\n\n", [E("x"), "last="]),
        ["retry with leading zeros and beyond the bound"] = (
            "retry: 0001\nretry: 99999999999999999999999999\nretry: 0\n\n", [R(1), R(3_600_000), R(0), "last="]),
        ["unknown fields, repeated and in order"] = (
            "x: 1\neid: 5\nx: 2\nnocolon\ndata: d\n\ndata: e\n\n",
            [E("d", null, null, "", null, ("x", "1"), ("eid", "5"), ("x", "2"), ("nocolon", "")), E("e"), "last="]),
        ["unknown fields without data"] = ("x: 1\n\ndata: e\n\n", [E("e"), "last="]),
        ["UTF-8"] = ("event: ü\nid: é\ndata: ok… 𝄞 \u2028 \u0085\n\n", [E("ok… 𝄞 \u2028 \u0085", "ü", "é"), "last=é"]),
        ["white space is data"] = ("data:  a\t \ndata:  \n\n", [E(" a\t \n "), "last="]),
    };
}
