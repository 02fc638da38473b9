using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>Stream options on the wire. Fields are only appended; what an older node does not send has its default.</summary>
internal static class OptionsCodec
{
    // Equal options are one object: a node holds many streams and few kinds of them.
    private const int Remembered = 1_000;

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<StreamOptions, StreamOptions> s_known = new();

    internal static void Write(WireWriter to, StreamOptions o)
    {
        var begin = to.Begin();
        to.Bool(o.Replay);
        to.Int(o.MaxEvents);
        to.Int(o.MaxBytes);
        to.Int(o.MaxAge.Ticks);
        Optional(to, o.Ttl);
        to.Byte((byte)o.SlowReader);
        to.Int(o.WaitBound);
        to.Int(o.ConflateMaxKeys);
        to.Int(o.ConflateMaxBytes);
        to.Byte((byte)o.Ids);
        to.Bool(o.Base64);
        to.Int(o.MaxSubscribers ?? 0);
        Optional(to, o.IdleRemoval);
        to.End(begin);
    }

    internal static StreamOptions Read(ref WireReader outer)
    {
        var from = outer.Part();
        var options = new StreamOptions
        {
            Replay = from.Bool(),
            MaxEvents = from.Int(),
            MaxBytes = from.Int(),
            MaxAge = TimeSpan.FromTicks(from.Int()),
            Ttl = Optional(ref from),
            SlowReader = (SlowReaderPolicy)from.Byte(),
            WaitBound = from.Int32(),
            ConflateMaxKeys = from.Int32(),
            ConflateMaxBytes = from.Int(),
            Ids = (StreamIds)from.Byte(),
            Base64 = from.Bool(),
            MaxSubscribers = from.Int32() is > 0 and var most ? most : null,
            IdleRemoval = Optional(ref from),
        };
        if (s_known.Count >= Remembered) s_known.Clear();
        return s_known.GetOrAdd(options, options);
    }

    private static void Optional(WireWriter to, TimeSpan? time)
    {
        to.Bool(time is not null);
        if (time is { } t) to.Int(t.Ticks);
    }

    private static TimeSpan? Optional(ref WireReader from) => from.Bool() ? TimeSpan.FromTicks(from.Int()) : null;
}
