using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>One step of a command. The numbers are part of the wire contract.</summary>
internal enum ChangeStep : byte
{
    /// <summary>An epoch begins; what was retained is dropped.</summary>
    Begin = 1,

    /// <summary>The stream exists from here on.</summary>
    Create = 2,

    /// <summary>Other options.</summary>
    Options = 3,

    /// <summary>Events.</summary>
    Run = 4,

    /// <summary>A key was used.</summary>
    Key = 5,

    /// <summary>What is retained is dropped.</summary>
    Clear = 6,

    /// <summary>The stream does not exist any more.</summary>
    Remove = 7,
}

/// <summary>
/// Writes one replicated command of a stream: when, then steps that are taken in order, all or none. What is decided was decided by the
/// owner: whoever applies it only does it, so that all do the same whatever their version and their options.
/// </summary>
internal sealed class StreamChange(long at)
{
    private readonly WireWriter _to = Begin(at);
    private bool _any;

    /// <summary>Milliseconds since 1970.</summary>
    internal long At { get; } = at;

    internal bool IsEmpty => !_any;

    internal int Bytes => _to.Count;

    internal void BeginEpoch(string epoch, long baseOffset, long idBase)
    {
        Step(ChangeStep.Begin);
        _to.Text(epoch);
        _to.Int(baseOffset);
        _to.Int(idBase);
    }

    internal void Create(StreamOptions options, bool declared) => Options(ChangeStep.Create, options, declared);

    internal void SetOptions(StreamOptions options, bool declared) => Options(ChangeStep.Options, options, declared);

    internal void Run(int count, RunFlags flags, ReadOnlySpan<byte> blob)
    {
        Step(ChangeStep.Run);
        _to.UInt((ulong)count);
        _to.Byte((byte)flags);
        _to.Blob(blob);
    }

    internal void Key(in KeyName name, in UsedKey used)
    {
        Step(ChangeStep.Key);
        _to.Text(name.Principal);
        _to.Text(name.Key);
        _to.Fixed64(used.Hash);
        _to.Int(used.First);
        _to.Bool(used.HasOffset);
    }

    internal void Clear() => Step(ChangeStep.Clear);

    internal void Remove(bool isExplicit)
    {
        Step(ChangeStep.Remove);
        _to.Bool(isExplicit);
    }

    /// <summary>Ends it; nothing may be written afterwards.</summary>
    internal byte[] Take() => _to.Take();

    private static WireWriter Begin(long at)
    {
        var writer = new WireWriter();
        writer.Int(at);
        return writer;
    }

    private void Options(ChangeStep step, StreamOptions options, bool declared)
    {
        Step(step);
        OptionsCodec.Write(_to, options);
        _to.Bool(declared);
    }

    private void Step(ChangeStep step)
    {
        _any = true;
        _to.Byte((byte)step);
    }
}
