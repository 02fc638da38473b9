using FsCheck;
using FsCheck.Fluent;

namespace AkkaSse.Protocol.Tests;

/// <summary>Runs a property. A failure carries FsCheck's seed; set AKKASSE_FSCHECK_SEED to "seed,gamma" to see it again.</summary>
internal static class Properties
{
    public static void Hold<T>(Gen<T> generator, Action<T> property, int count = 500, Func<T, IEnumerable<T>>? shrink = null)
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("AKKASSE_FSCHECK_SEED") is { Length: > 0 } text)
        {
            var parts = text.Split(',');
            var culture = System.Globalization.CultureInfo.InvariantCulture;
            config = config.WithReplay(ulong.Parse(parts[0], culture), ulong.Parse(parts[1], culture));
        }

        var arbitrary = shrink is null ? generator.ToArbitrary() : Arb.From(generator, shrink);
        Prop.ForAll(arbitrary, property).Check(config);
    }

    /// <summary>Sizes of pieces, mostly small.</summary>
    public static Gen<int[]> Chunks { get; } =
        Gen.NonEmptyListOf(Gen.Frequency((6, Gen.Choose(1, 4)), (3, Gen.Choose(1, 30)), (1, Gen.Choose(100, 5000))))
            .Select(l => l.ToArray());

    /// <summary>Text of one line, from characters that mean something to one of the layers.</summary>
    public static Gen<string> Line { get; } =
        Gen.Elements("a", "b", "7", ":", " ", "\t", "data: ", "event:", "id", "é", "€", "😀", "\u2028", "\u0085", "\uFEFF",
            "\uFFFD", "<", "\"", new string('w', 400))
            .ListOf().Select(string.Concat);

    /// <summary>Text with any line ends and NUL.</summary>
    public static Gen<string> Text { get; } =
        Gen.Frequency((4, Line), (1, Gen.Elements("\n", "\r", "\r\n", "\n\n", "\0"))).ListOf().Select(string.Concat);

    public static Gen<SseEvent> Event { get; } =
        from data in Text
        from asBytes in Gen.Elements(true, false)
        from type in OrNull(Line)
        from id in OrNull(Gen.Elements("", "0", "12-ab", "a b", "~!", new string('i', 1024)))
        from retry in OrNull(Gen.Elements("0", "1", "3000", "3600000"))
        from comment in OrNull(Text)
        from fields in Gen.Zip(Gen.Elements("eid", "x", "X-y_1", "Data"), Line).ListOf()
        select new SseEvent
        {
            Data = asBytes ? null : data,
            DataBytes = asBytes ? Harness.Bytes(data) : null,
            Type = type,
            Id = id,
            Retry = retry is null ? null : TimeSpan.FromMilliseconds(int.Parse(retry, System.Globalization.CultureInfo.InvariantCulture)),
            Comment = comment,
            Fields = [.. fields.Take(4).Select(f => new KeyValuePair<string, string>(f.Item1, f.Item2))],
        };

    /// <summary>Bytes that look like a stream often enough to reach every branch.</summary>
    public static Gen<byte[]> Garbage { get; } =
        Gen.Frequency(
            (12, Gen.Elements("data", "event", "id", "retry", ":", ": ", " ", "x",
                "0", "17", "data: ", "data:a", "id: 1", "\0", "ü", "€", "😀")
                .Select(Harness.Bytes)),
            (9, Gen.Elements("\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n").Select(Harness.Bytes)),
            (1, Gen.Elements(new byte[][] { [0xEF, 0xBB, 0xBF], [0xEF], [0xEF, 0xBB],
                [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F], [0x80] })),
            (1, Gen.Choose(0, 255).Select(b => new[] { (byte)b })))
            .ListOf().Resize(120).Select(l => l.SelectMany(b => b).ToArray());

    public static IEnumerable<byte[]> Shrink(byte[] bytes)
    {
        for (var size = bytes.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= bytes.Length; at += size)
            {
                yield return [.. bytes[..at], .. bytes[(at + size)..]];
            }
        }
    }

    private static Gen<string?> OrNull(Gen<string> generator) =>
        Gen.Frequency((2, generator.Select(s => (string?)s)), (1, Gen.Constant<string?>(null)));
}
