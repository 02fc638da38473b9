namespace AkkaSse.Client.Tests;

/// <summary>Deadlines that only a broken client reaches.</summary>
internal static class Limits
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits with a deadline that says what it waited for.</summary>
    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        await ((Task)task).Within(what);
        return await task;
    }

    public static async Task Within(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(Deadline);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {Deadline.TotalSeconds} s for {what}.");
        }
    }

    /// <summary>Polls until a condition holds.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        var end = DateTime.UtcNow + Deadline;
        while (!condition())
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"Waited {Deadline.TotalSeconds} s until {what}.");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>Takes so many items and leaves the enumeration.</summary>
    public static async Task<List<T>> Take<T>(this IAsyncEnumerable<T> source, int count)
    {
        var list = new List<T>();
        await foreach (var item in source)
        {
            list.Add(item);
            if (list.Count == count)
            {
                break;
            }
        }

        return list;
    }

    public static Task<List<T>> TakeWithin<T>(this IAsyncEnumerable<T> source, int count) =>
        source.Take(count).Within($"{count} items");
}
