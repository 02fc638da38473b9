using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>The answer to an <see cref="AppendRequest"/>, given after the commit.</summary>
internal sealed record AppendAnswer(long Id, AppendOutcome[] Outcomes) : IWireMessage
{
    internal void Write(WireWriter to)
    {
        to.Int(Id);
        to.UInt((ulong)Outcomes.Length);
        foreach (ref readonly var outcome in Outcomes.AsSpan()) outcome.Write(to);
    }

    internal static AppendAnswer Read(ref WireReader from)
    {
        var id = from.Int();
        var outcomes = new AppendOutcome[from.Length()];
        for (var i = 0; i < outcomes.Length; i++) outcomes[i] = AppendOutcome.Read(ref from);
        return new AppendAnswer(id, outcomes);
    }
}
