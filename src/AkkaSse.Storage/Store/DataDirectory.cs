using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using AkkaSse.Hub.Engine;
using Microsoft.Win32.SafeHandles;

namespace AkkaSse.Storage.Store;

/// <summary>The files of a data directory, held for one process.</summary>
/// <remarks>
/// <c>lock</c> is locked while a process has the directory, and <c>owner</c> says which. <c>identity</c> is written once: the database
/// knows its text and when the file was born, so that a copy of the directory is told from the original.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    internal const string DatabaseName = "log.db";
    private const string Option = "Directory";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    internal string Path { get; }

    internal string Database => In(DatabaseName);

    /// <summary>Takes a directory, which is made when it does not exist.</summary>
    /// <exception cref="EngineStartException">It cannot be used, or another process has it.</exception>
    internal static DataDirectory Take(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full);
            var held = Hold(full);
            var directory = new DataDirectory(full, held);
            File.WriteAllText(directory.In("owner"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return directory;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not EngineStartException)
        {
            throw new EngineStartException(Option, $"The directory '{full}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>The text of <c>identity</c> and when it was born; a new one when there is none.</summary>
    internal (string Id, long Born) Identity()
    {
        var path = In("identity");
        if (!File.Exists(path))
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            file.Write(Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")));
            file.Flush(flushToDisk: true);
        }
        return (File.ReadAllText(path), FileBirth.Of(path));
    }

    internal string In(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _lock.Dispose();

    private static FileStream Hold(string directory)
    {
        try
        {
            return new FileStream(
                System.IO.Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            var owner = System.IO.Path.Combine(directory, "owner");
            var who = File.Exists(owner) ? $"the process {File.ReadAllText(owner)}" : "another process";
            throw new EngineStartException(
                Option, $"The directory '{directory}' is in use by {who}; one process at a time is allowed.", e);
        }
    }
}

/// <summary>
/// How many commits the database has had, and how it was closed, in a file of its own: a database that has lost its last commits looks
/// as it did before them, and cannot tell by itself.
/// </summary>
/// <remarks>
/// Written after each commit and not synced: what the kernel has survives the process. After a power cut it may say less than the database
/// has, never more, because a commit that is not on the disk was not written here.
/// </remarks>
internal sealed class Witness : IDisposable
{
    private const int Size = 40;
    private const long Format = 1;

    private readonly SafeFileHandle _file;
    private readonly byte[] _record = new byte[Size];
    private readonly long _boot;
    private readonly StorageSync _sync;

    private Witness(string path, StorageSync sync)
    {
        _sync = sync;
        _boot = BootMark();
        IsNew = !File.Exists(path);
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (IsNew) return;
        if (RandomAccess.Read(_file, _record, 0) != Size || Number(0) != Format || Number(4) != Sum()) return;
        IsReadable = true;
        Commits = Number(1);
        IsSameBoot = Number(2) == _boot;
        var state = Number(3);
        WasClosed = (state & 1) != 0;
        LastSync = (StorageSync)(state >> 1);
    }

    internal bool IsNew { get; }

    internal bool IsReadable { get; }

    internal long Commits { get; }

    internal bool IsSameBoot { get; }

    internal bool WasClosed { get; }

    internal StorageSync LastSync { get; }

    internal static Witness Open(string path, StorageSync sync) => new(path, sync);

    internal void Write(long commits, bool closed = false)
    {
        Put(0, Format);
        Put(1, commits);
        Put(2, _boot);
        Put(3, ((long)_sync << 1) | (closed ? 1L : 0));
        Put(4, Sum());
        RandomAccess.Write(_file, _record, 0);
    }

    internal void Flush() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();

    private void Put(int place, long number) => BinaryPrimitives.WriteInt64LittleEndian(_record.AsSpan(place * sizeof(long)), number);

    private long Number(int place) => BinaryPrimitives.ReadInt64LittleEndian(_record.AsSpan(place * sizeof(long)));

    private long Sum() => new Checksum().Add(_record.AsSpan(0, 4 * sizeof(long))).Value;

    // Where the kernel does not say which boot this is, every process counts as one of its own: that can only begin an epoch too many.
    private static long BootMark()
    {
        const string Linux = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Linux)
            ? new Checksum().Add(File.ReadAllText(Linux)).Value
            : new Checksum().Add(Guid.NewGuid().ToString()).Value;
    }
}
