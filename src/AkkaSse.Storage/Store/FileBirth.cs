using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AkkaSse.Storage.Store;

/// <summary>
/// A number of a file that no copy of it has: when the file system made it, which no program can set, or else its number there.
/// </summary>
internal static partial class FileBirth
{
    private const int CurrentDirectory = -100;
    private const uint WithNumber = 0x100;
    private const uint WithBirth = 0x800;

    // The layout of struct statx is the kernel's promise: linux/stat.h.
    private const int StatxBytes = 256;
    private const int NumberAt = 32;
    private const int BirthAt = 80;

    /// <summary>The number.</summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    internal static long Of(string path)
    {
        // .NET's creation time of a file is its oldest change on Linux, which copies keep.
        if (!OperatingSystem.IsLinux()) return File.GetCreationTimeUtc(path).Ticks;
        Span<byte> stat = stackalloc byte[StatxBytes];
        stat.Clear();
        if (Statx(CurrentDirectory, path, 0, WithNumber | WithBirth, stat) != 0)
            throw new IOException($"'{path}' cannot be looked at (error {Marshal.GetLastPInvokeError()}).");
        if ((BinaryPrimitives.ReadUInt32LittleEndian(stat) & WithBirth) == 0)
            return BinaryPrimitives.ReadInt64LittleEndian(stat[NumberAt..]);
        var seconds = BinaryPrimitives.ReadInt64LittleEndian(stat[BirthAt..]);
        return unchecked((seconds * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(stat[(BirthAt + sizeof(long))..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> stat);
}
