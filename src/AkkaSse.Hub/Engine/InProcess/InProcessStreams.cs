using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>The logs of the in-process engine.</summary>
internal sealed partial class InProcessStreams : IRunKeyEngine
{
    private static readonly TimeSpan TombstoneTime = TimeSpan.FromHours(24);

    // Beyond this the oldest is forgotten, and streams created from then on begin an epoch of their own.
    private const int MaxTombstones = 100_000;

    // How long a reader that is being ended may take to leave before it is looked for again.
    private static readonly TimeSpan LaggardLeaves = TimeSpan.FromMilliseconds(100);

    private readonly IEngineHost _host;
    private readonly ConcurrentDictionary<string, InProcessStream> _streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tombstone> _tombstones = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, long At)> _tombstoneOrder = new();
    private readonly SortedSet<string> _names = new(StringComparer.Ordinal);

    // Creation, removal, attaching and lists; appends to existing streams never take it.
    private readonly Lock _directory = new();
    // Streams that exist, those of zones and broadcasts included.
    private int _existing;
    private readonly long _idBase;
    private string _epoch = NewEpoch();
    private volatile bool _stopped;

    internal InProcessStreams(IEngineHost host)
    {
        _host = host;
        Budget = new LogBudget(host.Options.MaxLogBytes);
        // Memory does not know which offsets earlier processes issued; the clock does: more than 2^20 events per second and stream since the last start would be needed
        // to reach a later start's base. Stays below 2^53 until the year 2242.
        _idBase = host.Time.GetUtcNow().ToUnixTimeSeconds() << 20;
    }

    internal LogBudget Budget { get; }

    private long Now => _host.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask AppendAsync(string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var done = AppendFrom(stream, items.Span, results.Span, 0);
        return done == items.Length ? ValueTask.CompletedTask : AppendSlowlyAsync(stream, items, results, done);
    }

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        result = default;
        return AppendFrom(stream, new ReadOnlySpan<AppendItem>(in item), new Span<AppendResult>(ref result), 0) == 1;
    }

    public ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation)
    {
        lock (_directory)
        {
            var s = _streams.GetOrAdd(stream, static (name, self) => self.NewStream(name), this);
            lock (s.Log.Gatekeeper) s.Sink = sink;
            if (!s.Exists && s.Log.Current is null && _tombstones.TryGetValue(stream, out var left)) s.Log.Begin(left.Epoch, left.Base, left.Head, left.IdBase);
            return new(new Attachment(this, s, sink));
        }
    }

    public ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation) =>
        new(_streams.TryGetValue(stream, out var s) && s.Exists ? HistoryReader.Read(s.Log, after, limit, Now)
            : new HistoryPage { State = HistoryState.NoStream, Events = [], Head = StreamPosition.BeforeFirst });

    public ValueTask<bool> WasRemovedAsync(string stream, CancellationToken cancellation)
    {
        lock (_directory)
        {
            var removed = _tombstones.TryGetValue(stream, out var left) && left.Explicit && Now - left.At < (long)_host.Options.RemovedStreamMemory.TotalMilliseconds;
            return new(removed && !(_streams.TryGetValue(stream, out var s) && s.Exists));
        }
    }

    internal void Stop() => _stopped = true;

    // Returns how many items were decided; fewer than all when one must wait for room.
    private int AppendFrom(string name, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, int first)
    {
        for (var i = first; i < items.Length;)
        {
            if (_stopped)
            {
                results[i++] = new AppendResult(PublishStatus.Closed, StreamPosition.BeforeFirst) { Error = "The hub has stopped." };
                continue;
            }
            if (Existing(name, items[i], out var refusal) is not { } s)
            {
                results[i++] = refusal;
                continue;
            }
            var before = i;
            AppendRun(s, items, results, ref i, out var waits, out var gone);
            if (i > before) s.Sink?.OnChanged();
            if (waits) return i;
            if (gone) continue;
        }
        return items.Length;
    }

    private void AppendRun(InProcessStream s, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, ref int i, out bool waits, out bool gone)
    {
        waits = false;
        gone = false;
        var now = Now;
        var buffer = FrameBuffer.Rent();
        while (i < items.Length)
        {
            var item = items[i];
            var options = s.Log.Options;
            buffer.Truncate(0);
            if (item.Options is { KeyCoversRun: true, IdempotencyKey: not null } && s.Log.Gate is null)
            {
                if (!AppendUnit(s, items, results, ref i, now))
                {
                    gone = true;
                    return;
                }
                continue;
            }
            if (item.Options is { KeyCoversRun: true, IdempotencyKey: { } runKey })
            {
                var place = 0;
                while (place < i && items[i - place - 1].Options.IdempotencyKey == runKey) place++;
                item = item with { Options = item.Options with { KeyCoversRun = false, IdempotencyKey = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{runKey}.{place}") } };
            }
            if (EventRules.CheckFor(item.Event, options) is { } fault)
            {
                results[i++] = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
                continue;
            }
            var hash = item.Options.IdempotencyKey is null ? 0 : IdempotencyTable.HashOf(item.Event, item.Options);
            var frame = FrameEncoder.Encode(buffer, item, options, now);
            lock (s.Log.Gatekeeper)
            {
                if (s.Removed)
                {
                    gone = true;
                    return;
                }
                if (item.Options.IdempotencyKey is not null)
                {
                    s.Keys ??= new IdempotencyTable(_host.Options.MaxIdempotencyKeys, _host.Options.IdempotencyWindow);
                    if (s.Keys.Find(item.Options, hash, s.Log.Head, now) is { } known)
                    {
                        results[i++] = known with { CallerId = string.IsNullOrEmpty(frame.CallerId) ? null : frame.CallerId };
                        continue;
                    }
                }
                if (!s.Log.AppendLocked(frame, out var offset))
                {
                    waits = true;
                    return;
                }
                var position = new StreamPosition(s.Log.Current!.Epoch, offset);
                s.LastActivity = now;
                if (item.Options.IdempotencyKey is not null) s.Keys!.Remember(item.Options, hash, position, !frame.Transient, now);
                results[i++] = new AppendResult(PublishStatus.Accepted, position) { HasOffset = !frame.Transient, CallerId = string.IsNullOrEmpty(frame.CallerId) ? null : frame.CallerId };
            }
        }
    }

    // A run under one key, in one hold of the lock: one entry for all of it. On a stream whose appends may wait for readers a run cannot be one step; there each item has a key of its own.
    private bool AppendUnit(InProcessStream s, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, ref int i, long now)
    {
        var first = i;
        var options = items[first].Options;
        var end = first + 1;
        while (end < items.Length && items[end].Options.KeyCoversRun && items[end].Options.IdempotencyKey == options.IdempotencyKey && items[end].Options.Principal == options.Principal) end++;
        var run = items[first..end];
        var buffer = FrameBuffer.Rent();
        var heads = ArrayPool<RunHead>.Shared.Rent(run.Length);
        try
        {
            var hash = EncodeRun(s.Log.Options, run, buffer, heads);
            lock (s.Log.Gatekeeper)
            {
                if (s.Removed) return false;
                // The policy became wait meanwhile: the caller looks again, and goes item by item.
                if (s.Log.Gate is not null) return true;
                i = end;
                s.Keys ??= new IdempotencyTable(_host.Options.MaxIdempotencyKeys, _host.Options.IdempotencyWindow);
                var known = s.Keys.Find(options, hash, s.Log.Head, now);
                if (known is { Duplicate: false } refused)
                {
                    results[first..end].Fill(refused);
                    return true;
                }
                var epoch = known?.Position.Epoch ?? s.Log.Current!.Epoch;
                var next = known?.Position.Offset ?? s.Log.Head.Offset + 1;
                var start = next;
                for (var k = 0; k < run.Length; k++)
                {
                    ref readonly var head = ref heads[k];
                    if (head.Fault is { } fault)
                    {
                        results[first + k] = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
                        continue;
                    }
                    var frame = FrameEncoder.Frame(buffer.Written.Slice(head.Start, head.Length), run[k], head.CallerId, now);
                    if (known is null) s.Log.AppendLocked(frame, out _);
                    results[first + k] = new AppendResult(PublishStatus.Accepted, new StreamPosition(epoch, frame.Transient ? next - 1 : next))
                    {
                        HasOffset = !frame.Transient,
                        Duplicate = known is not null,
                        CallerId = string.IsNullOrEmpty(frame.CallerId) ? null : frame.CallerId,
                    };
                    if (!frame.Transient) next++;
                }
                s.LastActivity = now;
                if (known is null) s.Keys.Remember(options, hash, new StreamPosition(epoch, start), hasOffset: true, now);
            }
            return true;
        }
        finally
        {
            Array.Clear(heads, 0, run.Length);
            ArrayPool<RunHead>.Shared.Return(heads);
        }
    }

    // Encodes a run behind one another, each frame followed by what of its event is not in the bytes, and hashes all of it at once: one hash of 50 KB is a tenth of the cost of 256 small ones.
    private static ulong EncodeRun(StreamOptions options, ReadOnlySpan<AppendItem> run, FrameBuffer buffer, RunHead[] heads)
    {
        for (var k = 0; k < run.Length; k++)
        {
            ref readonly var item = ref run[k];
            var start = buffer.Count;
            var callerId = FrameEncoder.WriteHead(buffer, item, options);
            heads[k] = new RunHead(start, buffer.Count - start, callerId, EventRules.CheckFor(item.Event, options));
            BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), buffer.Count - start);
            buffer.Advance(4);
            Tell(buffer, item.Event.Id);
            Tell(buffer, item.Options.ConflateKey);
            BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), item.Options.Ttl?.Ticks ?? -1);
            buffer.Advance(8);
        }
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(buffer.Written, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    private static void Tell(FrameBuffer buffer, string? text)
    {
        var bytes = text is null ? -1 : Encoding.UTF8.GetByteCount(text);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), bytes);
        buffer.Advance(4);
        if (bytes <= 0) return;
        Encoding.UTF8.GetBytes(text!, buffer.GetSpan(bytes));
        buffer.Advance(bytes);
    }

    private readonly record struct RunHead(int Start, int Length, string? CallerId, string? Fault);

    private async ValueTask AppendSlowlyAsync(string name, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, int done)
    {
        // No cancellation from here on: items before this one are appended, so the call must say so.
        while (done < items.Length)
        {
            var deadline = _host.Time.GetTimestamp();
            while (true)
            {
                var gate = _streams.TryGetValue(name, out var s) ? s.Log.Gate : null;
                if (gate is not null)
                {
                    var room = gate.WaitAsync();
                    if (!gate.HasRoom(s!.Log.Head.Offset))
                    {
                        var left = _host.Options.PublishTimeout - _host.Time.GetElapsedTime(deadline);
                        if (left <= TimeSpan.Zero || !await WaitAsync(room, left).ConfigureAwait(false))
                        {
                            // The readers that are in the way had their time; they are ended, and the event goes on when they have left.
                            foreach (var laggard in gate.Laggards(s.Log.Head.Offset)) ((ILaggard)laggard.Owner).EndAsLaggard(laggard);
                            await WaitAsync(room, LaggardLeaves).ConfigureAwait(false);
                        }
                    }
                }
                var before = done;
                done = AppendFrom(name, items.Span, results.Span, done);
                gate?.Progressed();
                if (done > before || done == items.Length) break;
            }
        }
    }

    private async Task<bool> WaitAsync(Task room, TimeSpan time)
    {
        try
        {
            await room.WaitAsync(time, _host.Time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private InProcessStream? Existing(string name, in AppendItem item, out AppendResult refusal)
    {
        refusal = default;
        if (_streams.TryGetValue(name, out var s) && s.Exists && !s.Removed) return s;
        var isInternal = name[0] == '$';
        if (!isInternal && !(item.Options.CreateStream ?? _host.Options.AutoCreate))
        {
            refusal = new AppendResult(PublishStatus.NoStream, StreamPosition.BeforeFirst) { Error = $"The stream '{name}' does not exist." };
            return null;
        }
        // A comment or a retry has nobody to reach on a stream that does not exist, and creates none.
        if (!isInternal && EventRules.IsTransient(item.Event) && s is null)
        {
            refusal = new AppendResult(PublishStatus.NoStream, StreamPosition.BeforeFirst) { Error = $"The stream '{name}' does not exist, and an event without data creates none." };
            return null;
        }
        lock (_directory)
        {
            if (TryCreate(name, null, declared: false, out var created, out _)) return created;
            if (created is not null) return created;
            refusal = new AppendResult(PublishStatus.LimitReached, StreamPosition.BeforeFirst) { Error = $"There are {_host.Options.MaxStreams} streams, the most allowed." };
            return null;
        }
    }

    private InProcessStream NewStream(string name) => new(name, new StreamLog(name[0] == '$' ? _host.Options.ZoneStreams : _host.Options.StreamDefaults, Budget));

    private static string NewEpoch()
    {
        // 41 bits: two processes that meet in one reader's position share an epoch once in two trillion.
        var number = System.Security.Cryptography.RandomNumberGenerator.GetInt32(1 << 10) * (1L << 31) + System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);
        Span<char> text = stackalloc char[8];
        for (var i = 7; i >= 0; i--)
        {
            text[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(number % 36)];
            number /= 36;
        }
        return "m" + new string(text);
    }

    private sealed class Attachment(InProcessStreams engine, InProcessStream stream, IStreamSink sink) : IStreamAttachment
    {
        public StreamLog Log => stream.Log;

        public bool Exists => stream.Exists;

        public ValueTask DisposeAsync()
        {
            engine.Detach(stream, sink);
            return ValueTask.CompletedTask;
        }
    }
}
