namespace AkkaSse.Server; internal static class Program { private static void Main() { } }
