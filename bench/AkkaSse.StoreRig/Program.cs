using System.Diagnostics;
using System.Globalization;
using AkkaSse.StoreRig;

// Usage: AkkaSse.StoreRig [directory] [seconds per measurement] [candidates]. Each candidate in turn, in one process; compare the lines of
// one run with each other only.
var root = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), "akkasse-store-rig");
var seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 4;
var names = args.Length > 2 ? args[2].Split(',') : ["file", "sqlite", "sqlite-stream", "sqlite-8k", "rocksdb", "lmdb"];
var random = new Random(7);
var events = new byte[512 * 200];
random.NextBytes(events);

Console.WriteLine("| store | one event, one stream: commits/s | 64 events of 16 streams: events/s | 64 events of one stream: events/s |"
    + " 4 096 events of 16 streams: events/s | page of 256 events: µs | trim of half in steps: ms | longest step: ms |"
    + " commits/s meanwhile |"
    + " reopen: ms | 1 000 heads: ms | working set: MB | directory: MB | events in it |");
Console.WriteLine("|" + string.Concat(Enumerable.Repeat("---|", 14)));
foreach (var name in names)
{
    var directory = Path.Combine(root, name);
    if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
    Directory.CreateDirectory(directory);
    ICandidate Open() => name switch
    {
        "sqlite" => new SqliteCandidate(directory, 4096, byArrival: true),
        "sqlite-stream" => new SqliteCandidate(directory, 4096, byArrival: false),
        "sqlite-8k" => new SqliteCandidate(directory, 8192, byArrival: true),
        "rocksdb" => new RocksCandidate(directory),
        "lmdb" => new LightningCandidate(directory),
        _ => new FileCandidate(directory),
    };
    var store = Open();
    var title = store.Name;
    var next = new long[1000];
    Array.Fill(next, 1);
    // A run that begins below the bound of a trim is deleted whole; the newest one stays.
    var newestRun = new long[1000];
    var total = 0L;
    double Measure(int streams, int eventsEach, double time)
    {
        var runs = new Run[streams];
        var watch = Stopwatch.StartNew();
        var done = 0L;
        while (watch.Elapsed.TotalSeconds < time)
        {
            for (var i = 0; i < streams; i++)
            {
                var stream = streams == 1 ? 0 : random.Next(next.Length);
                runs[i] = new Run(stream, next[stream], events.AsMemory(random.Next(events.Length - (eventsEach * 200)), eventsEach * 200));
                newestRun[stream] = next[stream];
                next[stream] += eventsEach;
            }
            store.Commit(runs);
            done += streams * eventsEach;
        }
        total += done;
        return done / watch.Elapsed.TotalSeconds;
    }
    Measure(16, 4, 0.5);
    var single = Measure(1, 1, seconds / 2);
    var mixed = Measure(16, 4, seconds);
    var one = Measure(1, 64, seconds);
    var batches = Measure(16, 256, seconds);
    Measure(16, 4, seconds / 2);
    var watch = Stopwatch.StartNew();
    var pages = 0;
    for (; watch.Elapsed.TotalSeconds < seconds / 4; pages++) store.Read(random.Next(1000), random.Next(1, 4000), 4);
    var page = watch.Elapsed.TotalMicroseconds / pages;
    var (longest, beside) = (0.0, 0);
    watch.Restart();
    var trimming = 0.0;
    for (var stream = 0; stream < next.Length; stream++)
    {
        var step = Stopwatch.GetTimestamp();
        store.Trim(stream, Math.Min(next[stream] / 2, newestRun[stream]));
        var took = Stopwatch.GetElapsedTime(step).TotalMilliseconds;
        longest = Math.Max(longest, took);
        trimming += took;
        if (stream % 4 == 0)
        {
            store.Commit([new Run(stream, next[stream]++, events.AsMemory(0, 200))]);
            beside++;
        }
    }
    var meanwhile = beside / (watch.Elapsed.TotalSeconds - (trimming / 1000));
    store.Dispose();
    watch.Restart();
    store = Open();
    var reopen = watch.Elapsed.TotalMilliseconds;
    watch.Restart();
    for (var stream = 0; stream < next.Length; stream++)
    {
        if (name != "file" && next[stream] > 1 && store.Newest(stream) is var newest && (newest <= 0 || newest >= next[stream]))
            throw new InvalidOperationException(
                $"{name}: the newest run of stream {stream} begins at {newest}, and {next[stream]} is the next event.");
    }
    var heads = watch.Elapsed.TotalMilliseconds;
    var memory = Process.GetCurrentProcess().WorkingSet64 / 1e6;
    var size = new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length) / 1e6;
    store.Dispose();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {title} | {single:N0} | {mixed:N0} | {one:N0} | {batches:N0} | {page:N0} "
        + $"| {trimming:N0} | {longest:N1} | {meanwhile:N0} "
        + $"| {reopen:N0} | {heads:N0} | {memory:N0} | {size:N0} | {total:N0} |"));
}
