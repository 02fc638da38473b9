using SharpFuzz;

namespace AkkaSse.Fuzz;

/// <summary>
/// <c>AkkaSse.Fuzz TARGET</c> runs under afl-fuzz, see fuzz.sh; <c>AkkaSse.Fuzz TARGET FILE…</c> gives each file to the target once.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args.Length == 0 || FuzzTarget.All.FirstOrDefault(t => t.Name == args[0]) is not { } target)
        {
            Console.Error.WriteLine(
                $"AkkaSse.Fuzz TARGET [FILE…]; the targets are {string.Join(", ", FuzzTarget.All.Select(static t => t.Name))}");
            return 2;
        }
        if (args.Length == 1)
        {
            // In a process of its own: what hangs or ends it is found, and fuzzing goes on.
            Fuzzer.OutOfProcess.Run(stream =>
            {
                using var bytes = new MemoryStream();
                stream.CopyTo(bytes);
                target.Run(bytes.ToArray());
            });
            return 0;
        }
        foreach (var file in args.Skip(1))
        {
            target.Run(File.ReadAllBytes(file));
            Console.WriteLine($"{file}: fine");
        }
        return 0;
    }
}
