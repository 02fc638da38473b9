using System.Globalization;

namespace AkkaSse.Storage.Store;

/// <summary>
/// Makes a new database of the rows of a damaged one that can be read. The damaged file is kept beside it.
/// </summary>
internal static class Rebuild
{
    /// <summary>The file that asks for it.</summary>
    internal const string Wanted = "damaged";

    private const string New = DataDirectory.DatabaseName + ".rebuilt";
    private static readonly string[] s_tables = ["mark", "log", "run", "pid", "record"];

    /// <summary>Goes on with what a process began that ended in the middle.</summary>
    internal static void Finish(DataDirectory directory)
    {
        if (!File.Exists(directory.In(New))) return;
        // The damaged one was moved away before: the new one is whole.
        if (!File.Exists(directory.Database)) File.Move(directory.In(New), directory.Database);
        else Delete(directory.In(New));
    }

    /// <summary>Rebuilds. Returns what is said of it.</summary>
    internal static string Run(DataDirectory directory, string reason)
    {
        var target = directory.In(New);
        Delete(target);
        long rows;
        using (var to = new SqliteDatabase(target, readOnly: false))
        {
            Schema.Prepare(to, StorageSync.Always);
            to.Run("INSERT INTO fact VALUES('format', 1)");
            rows = Copy(directory.Database, to);
            to.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        var kept = $"{directory.Database}.damaged-{DateTime.UtcNow.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture)}";
        foreach (var end in (string[])["-wal", "-shm"])
        {
            if (File.Exists(directory.Database + end)) File.Move(directory.Database + end, kept + end);
        }
        File.Move(directory.Database, kept);
        File.Move(target, directory.Database);
        File.Delete(directory.In(Wanted));
        return $"the database was damaged ({reason.TrimEnd('.')}), {rows} rows of it could be read, and it is kept as "
            + $"'{Path.GetFileName(kept)}'";
    }

    private static long Copy(string source, SqliteDatabase to)
    {
        SqliteDatabase from;
        try
        {
            from = new SqliteDatabase(source, readOnly: false);
        }
        catch (StoreException)
        {
            return 0;
        }
        using (from)
        {
            return s_tables.Sum(table => Copy(from, to, table));
        }
    }

    // Row by row in the order of their numbers; behind a place that cannot be read the search goes on in steps that double.
    private static long Copy(SqliteDatabase from, SqliteDatabase to, string table)
    {
        var names = new List<string>();
        using (var columns = to.Prepare($"SELECT name FROM pragma_table_info('{table}')"))
        {
            while (columns.Step()) names.Add(columns.Text(0));
        }
        var list = string.Join(", ", names);
        var copied = 0L;
        to.Run("BEGIN");
        using (var insert = to.Prepare(
            $"INSERT OR IGNORE INTO {table}({list}) VALUES({string.Join(", ", names.Select(static _ => "?"))})"))
        {
            for (long last = -1, step = 1; ;)
            {
                try
                {
                    if (!CopyFrom(from, insert, table, list, names.Count, ref last, ref copied)) break;
                }
                catch (StoreException e) when (!e.IsFull)
                {
                    if (step > 1L << 40) break;
                    last += step;
                    step *= 2;
                    continue;
                }
                step = 1;
            }
        }
        if (table == "mark") to.Run("INSERT OR IGNORE INTO mark VALUES(1, 0)");
        to.Run("COMMIT");
        return copied;
    }

    private static bool CopyFrom(
        SqliteDatabase from, SqliteStatement insert, string table, string list, int count, ref long last, ref long copied)
    {
        const int Rows = 64;
        using var rows = from.Prepare($"SELECT {list} FROM {table} NOT INDEXED WHERE id > ? ORDER BY id LIMIT {Rows}");
        rows.Bind(1, last);
        var read = 0;
        for (; rows.Step(); read++)
        {
            last = rows.Long(0);
            for (var i = 0; i < count; i++) rows.CopyTo(i, insert);
            insert.Execute();
            copied++;
        }
        return read == Rows;
    }

    private static void Delete(string path)
    {
        foreach (var end in (string[])["", "-wal", "-shm"]) File.Delete(path + end);
    }
}
