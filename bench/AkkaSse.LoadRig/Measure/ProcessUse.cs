using System.Globalization;

namespace AkkaSse.LoadRig.Measure;

/// <summary>What processes and their descendants have used up to a moment, read from <c>/proc</c>.</summary>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct ProcessUse(double CpuSeconds, long ResidentBytes, int Threads)
{
    // USER_HZ, which Linux fixes at 100 for everything that it shows in /proc.
    private const double TicksPerSecond = 100;

    internal static ProcessUse Of(IReadOnlyList<int> pids)
    {
        var all = new HashSet<int>();
        foreach (var pid in pids) Collect(pid, all);
        var use = default(ProcessUse);
        foreach (var pid in all)
        {
            if (OfOne(pid) is not { } one) continue;
            use = new(use.CpuSeconds + one.CpuSeconds, use.ResidentBytes + one.ResidentBytes, use.Threads + one.Threads);
        }
        return use;
    }

    private static ProcessUse? OfOne(int pid)
    {
        try
        {
            // The name, in brackets, may contain blanks; what follows is fixed: state is field 3, utime 14, stime 15.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return new(ticks / TicksPerSecond, 1024 * Status(pid, "VmRSS:"), (int)Status(pid, "Threads:"));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException { HResult: 3 })
        {
            // It has ended between listing and reading (ESRCH).
            return null;
        }
    }

    private static long Status(int pid, string key)
    {
        foreach (var line in File.ReadLines($"/proc/{pid}/status"))
        {
            if (!line.StartsWith(key, StringComparison.Ordinal)) continue;
            return long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        }
        return 0;
    }

    private static void Collect(int pid, HashSet<int> all)
    {
        if (!Directory.Exists($"/proc/{pid}/task") || !all.Add(pid)) return;
        foreach (var task in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            var children = Path.Combine(task, "children");
            if (!File.Exists(children)) continue;
            foreach (var child in File.ReadAllText(children).Split(' ',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                Collect(int.Parse(child, CultureInfo.InvariantCulture), all);
        }
    }
}
