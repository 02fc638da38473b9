using System.Text;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Tests.Streams;

public sealed class CursorTokenTests
{
    private static string Text(CursorToken token) => Encoding.ASCII.GetString(token.Text);

    private static CursorToken Full(
        Random random, out Dictionary<ulong, TokenPosition> expected, int streams = 34, long max = long.MaxValue)
    {
        string[] names = [.. Enumerable.Range(0, streams).Select(static i => $"stream/{i}/ü")];
        var token = new CursorToken(names);
        expected = [];
        foreach (var name in names)
        {
            var position = new TokenPosition((uint)random.Next(), random.NextInt64(max));
            token.Set(token.SlotOf(name), position.EpochTag, position.Offset);
            expected[CursorToken.HashOf(name)] = position;
        }
        return token;
    }

    [Fact]
    public void Token_of_34_streams_with_large_offsets_comes_back_and_stays_within_1_KB()
    {
        var token = Full(new Random(1), out var expected);
        token.Text.Length.ShouldBeLessThanOrEqualTo(1024);
        CursorToken.TryParse(Text(token), out var read).ShouldBeTrue();
        read!.ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public void Empty_token_comes_back()
    {
        CursorToken.TryParse(Text(new CursorToken(Array.Empty<string>())), out var read).ShouldBeTrue();
        read!.ShouldBeEmpty();
    }

    [Fact]
    public void Patching_equals_rebuilding()
    {
        var random = new Random(2);
        string[] names = ["a", "b", "c", "d", "e"];
        var patched = new CursorToken(names);
        var state = new (uint Tag, long Offset)[names.Length];
        for (var step = 0; step < 5_000; step++)
        {
            var i = random.Next(names.Length);
            state[i] = (random.Next(20) == 0 ? (uint)random.Next() : state[i].Tag, random.Next(3) == 0
                ? random.NextInt64() >> random.Next(62)
                : Math.Max(0, state[i].Offset + random.Next(3)));
            patched.Set(patched.SlotOf(names[i]), state[i].Tag, state[i].Offset);
            if (step % 7 != 0) continue;
            var rebuilt = new CursorToken(names.Reverse().ToArray());
            for (var k = 0; k < names.Length; k++) rebuilt.Set(rebuilt.SlotOf(names[k]), state[k].Tag, state[k].Offset);
            Text(patched).ShouldBe(Text(rebuilt));
        }
    }

    [Fact]
    public void Every_single_tampered_character_is_rejected()
    {
        var text = Text(Full(new Random(3), out _, 4, 1_000_000));
        foreach (var other in "ABz09-_.~ \u00e9")
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == other) continue;
                CursorToken.TryParse(text[..i] + other + text[(i + 1)..], out _).ShouldBeFalse($"'{other}' at {i}");
            }
        }
        for (var i = 0; i < text.Length; i++) CursorToken.TryParse(text.Remove(i, 1), out _).ShouldBeFalse($"without character {i}");
        for (var i = 0; i < text.Length; i++) CursorToken.TryParse(text[..i], out _).ShouldBeFalse($"cut at {i}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1AAAAAA")]
    [InlineData("5-abc")]
    [InlineData("2AAAAAAAAAAAAAAAAAAAAAAA.")]
    public void Foreign_text_is_no_token(string text) => CursorToken.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Garbage_never_throws()
    {
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(80)).Select(_ => (char)random.Next(32, 127))]);
            CursorToken.TryParse("1" + text, out _).ShouldBeFalse();
        }
        CursorToken.TryParse(new string('1', 100_000), out _).ShouldBeFalse();
    }
}
