using AkkaSse.LoadRig.Configuration;
using AkkaSse.LoadRig.Load;
using AkkaSse.LoadRig.Reporting;

namespace AkkaSse.LoadRig;

internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is [] or ["-h"] or ["--help"] or [_, "--help"])
        {
            Console.Write(CommandLine.Help());
            return args.Length == 0 ? 2 : 0;
        }
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("The rig runs on Linux only: it uses epoll, and reads the server's use from /proc.");
            return 2;
        }
        try
        {
            if (args[0] == "report") return ComparisonReport.Print(args[1..], Console.Out);
            if (!Enum.TryParse<RigMode>(args[0], ignoreCase: true, out var mode) || !Enum.IsDefined(mode))
                throw new RigException($"'{args[0]}' is no mode; {string.Join(", ", Enum.GetNames<RigMode>()).ToLowerInvariant()} are.");
            var (plan, json) = CommandLine.Parse(mode, args[1..]);
            using var rig = new Rig(plan);
            var report = rig.Run();
            Console.Write(json ? report.ToJson() + "\n" : report.ToTable());
            return report.Faults.Count == 0 ? 0 : 1;
        }
        catch (RigException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return 2;
        }
    }
}
