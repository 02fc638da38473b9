using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace AkkaSse.Testing;

/// <summary>
/// How many threads of the whole machine besides the one that asks run or wait for a processor, from /proc/loadavg; 0 where that is not
/// there. Allocates nothing when asked: tests count allocations. Not thread-safe.
/// </summary>
internal sealed class RunnableThreads
{
    private const string Source = "/proc/loadavg";

    private readonly SafeFileHandle? _file = File.Exists(Source) ? File.OpenHandle(Source) : null;

    internal int Count()
    {
        if (_file is null) return 0;
        // 0.25 0.66 0.39 2/261 5908: the fourth is how many can run, of how many.
        Span<byte> line = stackalloc byte[128];
        line = line[..RandomAccess.Read(_file, line, 0)];
        for (var field = 0; field < 3; field++) line = line[(line.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(line, out int count, out _) ? count - 1 : 0;
    }
}
