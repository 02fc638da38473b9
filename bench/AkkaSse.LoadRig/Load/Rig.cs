using AkkaSse.LoadRig.Measure;
using AkkaSse.LoadRig.Native;
using AkkaSse.LoadRig.Reporting;

namespace AkkaSse.LoadRig.Load;

/// <summary>One run: opens the readers, publishes, drains, and says what came of it. One thread does everything, so that a number never
/// depends on the rig's scheduling.</summary>
internal sealed class Rig : IDisposable
{
    // Enough for 1 300 events of 200 bytes in one receive; larger reads save no measurable time.
    private const int BufferBytes = 256 << 10;

    private const int MaxFailuresTold = 3;

    // Before a resume storm: 600 publishes, of which the 99th percentile is not chance.
    private const double QuietSeconds = 3;

    private const double SettleSeconds = 2;

    private readonly Reader[] _readers;
    private readonly HashSet<string> _failures = [];
    private readonly Histogram _connectTime = new();
    private PublisherSet? _publishers;
    private int _connected;
    private int _failed;
    private long _receives;
    private long _receivedBytes;
    private bool _expectEnds;

    internal Rig(RigPlan plan)
    {
        Plan = plan;
        Ledger = new Ledger(plan);
        _readers = new Reader[plan.Connections];
        for (var i = 0; i < _readers.Length; i++) _readers[i] = new Reader(this, i, i % plan.Streams) { IsStalled = i < plan.Stalled };
    }

    internal RigPlan Plan { get; }

    internal Epoll Epoll { get; } = new();

    internal Ledger Ledger { get; }

    internal byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    internal bool TracksIds => Plan.Mode == RigMode.Resume;

    /// <summary>Readers that each event reaches, stalled ones not counted.</summary>
    internal long DeliveriesPerEvent { get; private set; }

    internal int Disconnects { get; private set; }

    private IEnumerable<Reader> Healthy => _readers.Where(static r => !r.IsStalled);

    internal RigReport Run()
    {
        var report = new RigReport(Plan);
        // Before as after: what the collections themselves bring along is not the readers'.
        if (Plan.Collect) ServerCollection.Force(Plan.ServerPids);
        var before = ProcessUse.Of(Plan.ServerPids);
        var started = Clock.Now;
        Connect(resume: false);
        report.Connected(_connected, _failed, _failures, Seconds(started), _connectTime);
        var afterConnect = ProcessUse.Of(Plan.ServerPids);
        if (Plan.Collect) ServerCollection.Force(Plan.ServerPids);
        Idle(Plan.IdleSeconds);
        var afterIdle = ProcessUse.Of(Plan.ServerPids);
        report.Memory(before, afterConnect, afterIdle, Math.Max(1, _connected));
        if (!Plan.Publishes || (Plan.Connections > 0 && _connected == 0)) return report;
        _publishers = new PublisherSet(this);
        foreach (var reader in _readers.Where(static r => r.IsStalled)) reader.Deafen();
        if (Plan.Warmup > 0) RunPhase(Plan.Warmup, Plan.Rate);
        // Compiled and grown by the warm-up; a collection in the middle of the run would be the rig's latency and not the server's.
        GC.Collect();
        Disconnects = 0;
        if (Plan.Mode == RigMode.Resume)
        {
            RunResume(report);
        }
        else
        {
            var phase = RunPhase(Plan.Events, Plan.Rate);
            report.Published(_publishers);
            report.Delivered(phase, Ledger, Disconnects, Losses());
        }
        if (Plan.Stalled > 0) EndStall(report);
        return report;
    }

    internal void Received(int bytes)
    {
        _receives++;
        _receivedBytes += bytes;
    }

    internal void Connected(Reader reader, long time)
    {
        _connected++;
        _connectTime.Add(time);
    }

    internal void ConnectFailed(string why)
    {
        _failed++;
        if (_failures.Count < MaxFailuresTold) _failures.Add(why);
    }

    internal void Disconnected(Reader reader)
    {
        _connected--;
        if (!_expectEnds && !reader.IsStalled) Disconnects++;
    }

    public void Dispose()
    {
        _publishers?.Dispose();
        foreach (var reader in _readers) reader.Close();
        Epoll.Dispose();
    }

    private static double Seconds(long since) => (Clock.Now - since) / 1e9;

    private void Connect(bool resume)
    {
        _connected = _failed = 0;
        _connectTime.Clear();
        var deadline = Clock.Now + Clock.Nanoseconds(Plan.ConnectSeconds);
        for (var opened = 0; opened < _readers.Length || _connected + _failed < _readers.Length;)
        {
            if (Clock.Now > deadline)
            {
                ConnectFailed($"not all within {Plan.ConnectSeconds} s");
                break;
            }
            // A few at a time even in a storm: answers that are there are taken before more is asked for.
            for (var n = 0; n < 64 && opened < _readers.Length
                && opened - _connected - _failed < Plan.Burst; n++) _readers[opened++].Open(resume);
            Epoll.Wait(opened < _readers.Length && opened - _connected - _failed < Plan.Burst ? 0 : 20);
        }
        DeliveriesPerEvent = (Healthy.Count(static r => r.State == ReaderState.Stream) + Plan.Streams - 1) / Plan.Streams;
    }

    private void Idle(double seconds)
    {
        var until = Clock.Now + Clock.Nanoseconds(seconds);
        while (Clock.Now < until) Epoll.Wait(20);
    }

    private PhaseResult RunPhase(long events, double rate)
    {
        var publishers = _publishers!;
        BeginLedger();
        _receives = _receivedBytes = 0;
        var cpu = Environment.CpuUsage.TotalTime;
        var before = ProcessUse.Of(Plan.ServerPids);
        publishers.Begin(events, rate, Plan.PublishSeconds);
        Drain(() => publishers.IsPublishing ? null : Expected());
        return Result(publishers.FirstAt, before, cpu);
    }

    // Readers leave, miss events, and all come back at once with their positions.
    private void RunResume(RigReport report)
    {
        _expectEnds = true;
        foreach (var reader in _readers) reader.Close();
        DeliveriesPerEvent = 0;
        var publishers = _publishers!;
        BeginLedger();
        publishers.Begin(Plan.Events, Plan.Rate, Plan.PublishSeconds);
        Drain(() => publishers.IsPublishing ? null : 0);
        report.Published(publishers);
        _expectEnds = false;
        _receives = _receivedBytes = 0;
        using var probe = new PublishProbe(Plan);
        // The server still has the readers' leaving to deal with.
        Idle(SettleSeconds);
        probe.Take();
        Idle(QuietSeconds);
        var quiet = probe.Take();
        var cpu = Environment.CpuUsage.TotalTime;
        var before = ProcessUse.Of(Plan.ServerPids);
        var started = Clock.Now;
        Connect(resume: true);
        report.Reconnected(_connected, _failed, _failures, _connectTime);
        Drain(() => Expected());
        report.Probed(quiet, probe.Take());
        report.Delivered(Result(started, before, cpu), Ledger, Disconnects, Losses());
    }

    // The stalled readers read again: what they are told of what they missed.
    private void EndStall(RigReport report)
    {
        foreach (var reader in _readers.Where(static r => r.IsStalled)) reader.Listen();
        long seen = -1;
        var changed = Clock.Now;
        while (Clock.Now - changed < Clock.Nanoseconds(Plan.DrainSeconds))
        {
            Epoll.Wait(20);
            if (Ledger.StalledDeliveries == seen) continue;
            seen = Ledger.StalledDeliveries;
            changed = Clock.Now;
        }
        var stalled = _readers.Where(static r => r.IsStalled).ToArray();
        report.Stalled(
            stalled.Length,
            stalled.Count(static r => r.State != ReaderState.Stream),
            stalled.Count(static r => r.Gaps.Count > 0),
            stalled.Where(static r => r.State == ReaderState.Stream).Sum(Silent),
            Ledger.StalledDeliveries);
    }

    private long Expected()
    {
        var accepted = _publishers!.Accepted;
        long sum = 0;
        foreach (var reader in _readers)
        {
            if (!reader.IsStalled && reader.State == ReaderState.Stream) sum += accepted[reader.Stream];
        }
        return sum;
    }

    private Losses Losses()
    {
        var connected = Healthy.Where(static r => r.State == ReaderState.Stream).ToArray();
        return new Losses(connected.Sum(Silent), connected.Sum(r => Missed(r) - Silent(r)), connected.Sum(static r => r.Gaps.Count));
    }

    private void BeginLedger()
    {
        Ledger.Begin(_publishers!.Next);
        foreach (var reader in _readers) reader.ForgetGaps();
    }

    // What a reader was owed, has not, and was not told of.
    private long Silent(Reader reader) => Math.Max(0, Missed(reader) - reader.Gaps.Events);

    private long Missed(Reader reader) => Math.Max(0, _publishers!.Accepted[reader.Stream] - Ledger.Received(reader.Number));

    // Until everything is answered and so many deliveries are there (null: not known yet), or nothing has moved for the time that the plan
    // allows.
    private void Drain(Func<long?> expected)
    {
        var publishers = _publishers!;
        Action pump = publishers.Pump;
        var drain = Clock.Nanoseconds(Plan.DrainSeconds);
        long seen = -1;
        var changed = Clock.Now;
        while (true)
        {
            var next = publishers.MillisecondsToNext;
            Epoll.Wait(Plan.Spin || next == 0 ? 0 : next < 0 ? 20 : next, pump);
            publishers.Pump();
            var progress = Ledger.Deliveries + publishers.Acknowledged + publishers.Rejected + publishers.Sent;
            if (progress != seen)
            {
                seen = progress;
                changed = Clock.Now;
            }
            if (publishers.IsPublishing) continue;
            var answered = publishers.Acknowledged + publishers.Rejected + publishers.UnansweredCount >= publishers.Sent;
            if (answered && Ledger.Deliveries >= expected()) return;
            if (Clock.Now - changed > drain) return;
        }
    }

    private PhaseResult Result(long started, ProcessUse before, TimeSpan cpu)
    {
        var ended = Math.Max(Ledger.LastAt, Plan.Connections == 0 ? _publishers!.LastAnswerAt : 0);
        var after = ProcessUse.Of(Plan.ServerPids);
        return new PhaseResult
        {
            Expected = Expected(),
            Accepted = _publishers!.Acknowledged,
            Seconds = Math.Max(1e-9, (ended - started) / 1e9),
            ServerCpuSeconds = after.CpuSeconds - before.CpuSeconds,
            ServerBytes = after.ResidentBytes,
            RigCpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            Receives = _receives,
            ReceivedBytes = _receivedBytes,
        };
    }
}
