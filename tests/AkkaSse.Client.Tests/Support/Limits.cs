using AkkaSse.Testing;

namespace AkkaSse.Client.Tests;

/// <summary><see cref="Eventually"/>, written behind what is awaited.</summary>
internal static class Limits
{
    /// <summary>Awaits within the deadline.</summary>
    public static Task<T> Within<T>(this Task<T> task, string what) => Eventually.Within(task, what);

    /// <summary>Awaits within the deadline.</summary>
    public static Task Within(this Task task, string what) => Eventually.Within(task, what);

    /// <summary>Takes so many items and leaves the enumeration.</summary>
    public static Task<List<T>> TakeWithin<T>(this IAsyncEnumerable<T> source, int count)
    {
        var list = new List<T>();
        return Eventually.Within(TakeAsync(), () => $"{count} items; {list.Count} came");

        async Task<List<T>> TakeAsync()
        {
            await foreach (var item in source)
            {
                list.Add(item);
                if (list.Count == count) break;
            }
            return list;
        }
    }
}
