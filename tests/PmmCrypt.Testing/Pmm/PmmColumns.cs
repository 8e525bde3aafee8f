namespace PmmCrypt.Testing.Pmm;

/// <summary>Which of PMM's columns hold what, by their names.</summary>
internal static class PmmColumns
{
    public static bool IsJson(string column) =>
        column.EndsWith("_options", StringComparison.Ordinal) || column.EndsWith("_config", StringComparison.Ordinal);

    public static bool IsBoolean(string column) => column is "disabled" or "tls" or "tls_skip_verify" or "is_connected";

    public static bool IsInteger(string column) => column is "listen_port";

    public static bool IsTime(string column) => column is "created_at" or "updated_at";
}
