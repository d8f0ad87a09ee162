"""Every recipe, in the order of docs/certificates.md."""

from . import (appliances, authorities, databases, java, languages, old_tools, openssl_command, platforms,
               small_authorities)

GROUPS = {
    "OpenSSL": openssl_command.RECIPES,
    "Databases and brokers": databases.RECIPES,
    "Small certificate authorities": small_authorities.RECIPES,
    "Java": java.RECIPES,
    "Organisations, clouds and the Web": authorities.RECIPES,
    "Clusters and meshes": platforms.RECIPES,
    "Appliances, configuration management, servers": appliances.RECIPES,
    "Languages and libraries": languages.RECIPES,
    "What nobody may accept": old_tools.RECIPES,
}
RECIPES = [recipe for recipes in GROUPS.values() for recipe in recipes]
