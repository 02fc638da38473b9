using System.Buffers.Binary;
using System.Security.Cryptography;
using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>Something this node wants of a stream's owner, until it is answered.</summary>
/// <param name="id">This node's number for it.</param>
/// <param name="deadline">In milliseconds of <see cref="Replication.ReplicaPeers.Now"/>; the end of waiting for an owner.</param>
internal abstract class StreamWork(long id, long deadline)
{
    internal long Id => id;

    internal long Deadline { get; set; } = deadline;

    /// <summary>Whether an owner got it: from then on only an answer says that nothing was done.</summary>
    internal bool WasSent { get; set; }

    /// <summary>When, in the same milliseconds.</summary>
    internal long SentAt { get; set; }

    /// <summary>Whether an owner that got it was lost: it may be done already when it is asked again.</summary>
    internal bool MayBeDone { get; set; }

    /// <summary>Whether it waits as long as there is no owner.</summary>
    internal bool IsPatient => Deadline == long.MaxValue;

    /// <summary>Whether it may be asked again when nobody knows whether it was done.</summary>
    internal abstract bool IsRepeatable { get; }

    internal abstract IWireMessage Message { get; }

    /// <summary>Certainly nothing was done.</summary>
    internal abstract void Refuse(PublishStatus status, string error);

    /// <summary>Nobody knows.</summary>
    internal abstract void Lose();
}

/// <summary>A question to the owner.</summary>
internal sealed class AskWork(StreamQuestion question, long deadline) : StreamWork(question.Id, deadline)
{
    private readonly TaskCompletionSource<StreamAnswer?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null: no owner answered in time.</summary>
    internal Task<StreamAnswer?> Done => _done.Task;

    /// <summary>Whether this node itself reads what its readers' logs are missing.</summary>
    internal bool IsCatchUp { get; init; }

    /// <summary>Who waits until the log here has what the answer says.</summary>
    internal List<(FollowedStream Stream, FollowedStream.Waiter Waiter)>? Waiters { get; init; }

    internal StreamAsk Ask => question.Ask;

    internal override bool IsRepeatable => true;

    internal override IWireMessage Message => question;

    internal void Complete(StreamAnswer answer) => _done.TrySetResult(answer);

    internal override void Refuse(PublishStatus status, string error) => _done.TrySetResult(null);

    internal override void Lose() => _done.TrySetResult(null);
}

/// <summary>Events of one or more callers on their way to the owner, written behind one another.</summary>
internal sealed class AppendWork(long id, long deadline) : StreamWork(id, deadline)
{
    private readonly WireWriter _items = new();
    private readonly List<byte> _marks = [];
    private readonly List<KeyUse> _keys = [];
    private readonly List<Caller> _callers = [];
    private AppendRequest? _request;
    private int _count;
    private int _keyed;
    private bool _mayCreate;
    private bool _isPlain = true;

    /// <summary>Bytes of the items.</summary>
    internal int Bytes => _items.Count;

    internal bool IsSealed => _request is not null;

    internal override bool IsRepeatable => _keyed == _count;

    internal override IWireMessage Message => _request ?? Seal();

    internal int Count => _count;

    /// <summary>Writes a caller's items behind what is there.</summary>
    internal void Add(ReadOnlySpan<AppendItem> items, bool autoCreate)
    {
        for (var i = 0; i < items.Length;)
        {
            ref readonly var item = ref items[i];
            var begin = _items.Count;
            var first = _count;
            for (var end = KeyedRun.End(items, i); i < end; i++) Write(items[i], autoCreate);
            if (item.Options.IdempotencyKey is not { } key) continue;
            _keyed += _count - first;
            _keys.Add(new KeyUse(first, _count - first, new KeyName(item.Options.Principal ?? "", key),
                HashOf(items.Slice(i - (_count - first), _count - first), _items.Written[begin..])));
        }
    }

    internal Task Wait(ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results)
    {
        var caller = new Caller(items, results);
        _callers.Add(caller);
        return caller.Done.Task;
    }

    internal void Complete(AppendAnswer answer)
    {
        var outcome = 0;
        var used = 0;
        foreach (var caller in _callers)
        {
            for (var i = 0; i < caller.Items.Length; i++)
            {
                while (outcome < answer.Outcomes.Length && used == answer.Outcomes[outcome].Count)
                {
                    outcome++;
                    used = 0;
                }
                caller.Results.Span[i] = outcome < answer.Outcomes.Length ? Result(answer.Outcomes[outcome], used++, caller.Items.Span[i])
                    : new AppendResult(PublishStatus.OutcomeUnknown, StreamPosition.BeforeFirst)
                      {
                          Error = "The owner's answer was incomplete.",
                      };
            }
            caller.Done.TrySetResult();
        }
    }

    internal override void Refuse(PublishStatus status, string error)
    {
        foreach (var caller in _callers)
        {
            caller.Results.Span[..caller.Items.Length].Fill(new AppendResult(status, StreamPosition.BeforeFirst) { Error = error });
            caller.Done.TrySetResult();
        }
    }

    internal override void Lose() =>
        Refuse(PublishStatus.OutcomeUnknown,
            "The stream's owner was lost before it answered: the event may or may not have been appended. Repeat with the same " +
            "idempotency key.");

    private static AppendResult Result(in AppendOutcome outcome, int place, in AppendItem item) =>
        new(outcome.Status, new StreamPosition(outcome.Epoch, outcome.HasOffset ? outcome.Offset + place : outcome.Offset))
        {
            HasOffset = outcome.HasOffset,
            Duplicate = outcome.Duplicate,
            CallerId = outcome is { CallerIds: true, Status: PublishStatus.Accepted }
                && item.Event is { HasData: true, Id: { Length: > 0 } id } ? id : null,
            Error = outcome.Error,
        };

    private void Write(in AppendItem item, bool autoCreate)
    {
        var marks = EventBlob.Write(_items, item);
        var mayCreate = item.Options.CreateStream ?? autoCreate;
        if (_count == 0) _mayCreate = mayCreate;
        _isPlain &= marks == ItemMarks.None && mayCreate == _mayCreate;
        _marks.Add((byte)(marks | (mayCreate ? ItemMarks.MayCreate : ItemMarks.None)));
        _count++;
    }

    private AppendRequest Seal() => _request = new AppendRequest(Id, _count, _items.Take(), _mayCreate)
    {
        Marks = _isPlain ? default(ReadOnlyMemory<byte>) : _marks.ToArray(),
        Keys = [.. _keys],
    };

    // The bytes of an event are the same wherever it is published: their hash is the event's.
    // Whoever repeats a publish has another trace, and the same events.
    private static ulong HashOf(ReadOnlySpan<AppendItem> run, ReadOnlySpan<byte> written)
    {
        var traced = false;
        foreach (ref readonly var item in run) traced |= item.Options.TraceParent is not null;
        if (!traced) return Hash(written);
        var bare = new WireWriter();
        foreach (ref readonly var item in run) EventBlob.Write(bare, item with { Options = item.Options with { TraceParent = null } });
        return Hash(bare.Written);
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    private sealed class Caller(ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results)
    {
        internal ReadOnlyMemory<AppendItem> Items => items;

        internal Memory<AppendResult> Results => results;

        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
