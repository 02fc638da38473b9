using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Metadata;

namespace AkkaSse.AspNetCore;

/// <summary>Metadata of a type whose <see cref="ModelMetadata.Description"/> is what a parameter of the type means.</summary>
internal static class MeaningMetadata
{
    // Readers of descriptions rely on metadata of every parameter.
    private static readonly EmptyModelMetadataProvider s_models = new();
    private static readonly NothingMore s_details = new();

    internal static ModelMetadata Of(Type type, string meaning = "")
    {
        if (meaning.Length == 0) return s_models.GetMetadataForType(type);
        var details = new DefaultMetadataDetails(ModelMetadataIdentity.ForType(type), ModelAttributes.GetAttributesForType(type))
        {
            DisplayMetadata = new DisplayMetadata { Description = () => meaning },
        };
        return new DefaultModelMetadata(s_models, s_details, details);
    }

    private sealed class NothingMore : ICompositeMetadataDetailsProvider
    {
        public void CreateBindingMetadata(BindingMetadataProviderContext context)
        {
        }

        public void CreateDisplayMetadata(DisplayMetadataProviderContext context)
        {
        }

        public void CreateValidationMetadata(ValidationMetadataProviderContext context)
        {
        }
    }
}
