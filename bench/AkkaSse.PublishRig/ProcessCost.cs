using System.Globalization;

namespace AkkaSse.PublishRig;

/// <summary>What processes have used so far, from <c>/proc</c>.</summary>
internal readonly record struct ProcessCost(double ProcessorSeconds, long Switches)
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static ProcessCost operator -(ProcessCost a, ProcessCost b) =>
        new(a.ProcessorSeconds - b.ProcessorSeconds, a.Switches - b.Switches);

    /// <summary>The sum over processes. Switches of threads that have ended are not counted.</summary>
    internal static ProcessCost Of(IEnumerable<int> pids)
    {
        var seconds = 0d;
        var switches = 0L;
        foreach (var pid in pids)
        {
            // After the name, which may have spaces in it: state is the first field, user and system time are the 12th and 13th.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            seconds += (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
            foreach (var task in Directory.EnumerateDirectories($"/proc/{pid}/task")) switches += SwitchesOf(task);
        }
        return new ProcessCost(seconds, switches);
    }

    private static long SwitchesOf(string task)
    {
        var switches = 0L;
        try
        {
            foreach (var line in File.ReadLines(Path.Combine(task, "status")))
            {
                if (line.Contains("ctxt_switches:", StringComparison.Ordinal)) switches += Number(line[(line.IndexOf(':') + 1)..].Trim());
            }
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
        }
        return switches;
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
