namespace AkkaSse.LoadRig.Load;

/// <summary>
/// The data of every event, of a fixed size: <c>@@</c>, number, time of sending, stream and publisher in fixed columns, filler, <c>##</c>.
/// So each event can be
/// checked where it arrives without keeping anything of it.
/// </summary>
internal static class Payload
{
    internal const int MinSize = 52;

    private const int NumberAt = 2;
    private const int NumberDigits = 10;
    private const int TimeAt = NumberAt + NumberDigits + 1;
    private const int TimeDigits = 20;
    private const int StreamAt = TimeAt + TimeDigits + 1;
    private const int StreamDigits = 6;
    private const int PublisherAt = StreamAt + StreamDigits + 1;
    private const int PublisherDigits = 4;
    private const int FillerAt = PublisherAt + PublisherDigits + 1;

    internal static void Write(Span<byte> to, long number, long time, int stream, int publisher)
    {
        to[..FillerAt].Fill((byte)':');
        to[0] = to[1] = (byte)'@';
        Digits(to.Slice(NumberAt, NumberDigits), number);
        Digits(to.Slice(TimeAt, TimeDigits), time);
        Digits(to.Slice(StreamAt, StreamDigits), stream);
        Digits(to.Slice(PublisherAt, PublisherDigits), publisher);
        to[FillerAt..^2].Fill((byte)'x');
        to[^2] = to[^1] = (byte)'#';
    }

    /// <summary>Finds and reads a payload in a line of data; servers may wrap it in JSON of theirs.</summary>
    /// <returns>Null: there is none. Else whether it is whole.</returns>
    internal static bool? TryRead(ReadOnlySpan<byte> data, int size, out Stamp stamp)
    {
        stamp = default;
        if (!data.StartsWith("@@"u8))
        {
            var at = data.IndexOf("@@"u8);
            if (at < 0) return null;
            data = data[at..];
            if (data.Length > size) data = data[..size];
        }
        if (data.Length != size || !data.EndsWith("##"u8)) return false;
        var whole = Number(data.Slice(NumberAt, NumberDigits), out var number) & Number(data.Slice(TimeAt, TimeDigits), out var time)
            & Number(data.Slice(StreamAt, StreamDigits), out var stream) & Number(data.Slice(PublisherAt, PublisherDigits),
                out var publisher);
        stamp = new Stamp(number, time, (int)stream, (int)publisher);
        return whole;
    }

    private static void Digits(Span<byte> to, long number)
    {
        for (var i = to.Length - 1; i >= 0; i--)
        {
            to[i] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }

    private static bool Number(ReadOnlySpan<byte> digits, out long number)
    {
        number = 0;
        foreach (var c in digits)
        {
            var digit = (uint)(c - '0');
            if (digit > 9) return false;
            number = (number * 10) + digit;
        }
        return true;
    }
}

/// <summary>What a payload says of its event.</summary>
/// <param name="Number">The how-manieth event of its stream.</param>
/// <param name="Time">When it was sent, in nanoseconds of the rig's clock.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="Publisher">The connection that published it.</param>
internal readonly record struct Stamp(long Number, long Time, int Stream, int Publisher);
